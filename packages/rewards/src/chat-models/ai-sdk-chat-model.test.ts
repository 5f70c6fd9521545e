import type {
  LanguageModelV2,
  LanguageModelV2CallOptions,
  LanguageModelV3,
  LanguageModelV3CallOptions,
  LanguageModelV4,
  LanguageModelV4CallOptions,
} from '@ai-sdk/provider';
import { describe, expect, test } from 'vitest';
import { aiSdkChatModel } from './ai-sdk-chat-model.js';

type CallOptions =
  | LanguageModelV2CallOptions
  | LanguageModelV3CallOptions
  | LanguageModelV4CallOptions;

const base = { provider: 'test', modelId: 'm', supportedUrls: {} };
const doStream = () => Promise.reject(new Error('judges do not stream'));
const NESTED_USAGE = {
  inputTokens: { total: 3, noCache: 3, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 2, text: 1, reasoning: 1 },
};

/** The same answer, reasoning first, by a model of each specification as its published types want it. */
function models(seen: CallOptions[] = []) {
  const content = [
    { type: 'reasoning' as const, text: 'hmm' },
    { type: 'text' as const, text: 'hel' },
    { type: 'text' as const, text: 'lo' },
  ];
  const v2: LanguageModelV2 = {
    ...base,
    specificationVersion: 'v2',
    doStream,
    doGenerate: async (options) => {
      seen.push(options);
      const usage = { inputTokens: 3, outputTokens: 2, totalTokens: 5 };
      return { content, finishReason: 'stop', usage, warnings: [] };
    },
  };
  const v3: LanguageModelV3 = {
    ...base,
    specificationVersion: 'v3',
    doStream,
    doGenerate: async (options) => {
      seen.push(options);
      const finishReason = { unified: 'stop' as const, raw: 'end_turn' };
      return { content, finishReason, usage: NESTED_USAGE, warnings: [] };
    },
  };
  const v4: LanguageModelV4 = {
    ...base,
    specificationVersion: 'v4',
    doStream,
    doGenerate: async (options) => {
      seen.push(options);
      const finishReason = { unified: 'stop' as const, raw: 'end_turn' };
      return { content, finishReason, usage: NESTED_USAGE, warnings: [] };
    },
  };
  return { v2, v3, v4 };
}

describe.each(['v2', 'v3', 'v4'] as const)('specification %s', (version) => {
  test('the parts of text are the answer, and the usage is read', async () => {
    const chatModel = aiSdkChatModel(models()[version]);
    expect(await chatModel([{ role: 'user', content: 'hi' }])).toEqual({
      text: 'hello',
      usage: { inputTokens: 3, outputTokens: 2 },
    });
    expect(chatModel.id).toBe('test m');
  });

  test('messages and options are asked for in the words of the SDK', async () => {
    const seen: CallOptions[] = [];
    const { signal } = new AbortController();
    const schema = { type: 'object' };
    const options = { maxTokens: 9, temperature: 0, seed: 1, schema, signal };
    await aiSdkChatModel(models(seen)[version])(
      [
        { role: 'system', content: 'be kind' },
        { role: 'user', content: 'hi' },
        { role: 'assistant', content: 'hello' },
        { role: 'tool', content: '42' },
      ],
      options,
    );
    expect(seen).toEqual([
      {
        prompt: [
          { role: 'system', content: 'be kind' },
          { role: 'user', content: [{ type: 'text', text: 'hi' }] },
          { role: 'assistant', content: [{ type: 'text', text: 'hello' }] },
          { role: 'user', content: [{ type: 'text', text: 'Result of the tool:\n42' }] },
        ],
        maxOutputTokens: 9,
        temperature: 0,
        seed: 1,
        responseFormat: { type: 'json', schema, name: 'answer' },
        abortSignal: signal,
      },
    ]);
  });
});

test('the text that a V4 model names as structured counts where a schema was asked for', async () => {
  const { v4 } = models();
  const model: LanguageModelV4 = {
    ...v4,
    doGenerate: async (options) => ({
      ...(await v4.doGenerate(options)),
      structuredOutputText: '{}',
    }),
  };
  expect((await aiSdkChatModel(model)([], { schema: {} })).text).toBe('{}');
  expect((await aiSdkChatModel(model)([])).text).toBe('hello');
});

describe('failures', () => {
  /** A model outside the types, as a provider with a fault may be. */
  function broken(doGenerate: () => unknown) {
    return aiSdkChatModel({ ...models().v3, doGenerate: async () => doGenerate() } as never);
  }
  const throwing = (fields: object) =>
    broken(() => {
      throw Object.assign(new Error('x'), fields);
    });

  test('errors of the SDK keep their kind', async () => {
    const kinds = [
      [{ statusCode: 429 }, 'rate-limited'],
      [{ statusCode: 503 }, 'server'],
      [{ statusCode: 400 }, 'client'],
      [{ isRetryable: true }, 'connection'],
      [{}, 'other'],
    ] as const;
    for (const [fields, kind] of kinds) {
      await expect(throwing(fields)([])).rejects.toMatchObject({
        kind,
        message: 'test m failed: x',
      });
    }
  });

  test('an answer that was filtered is a refusal in both shapes of the reason', async () => {
    for (const finishReason of ['content-filter', { unified: 'content-filter', raw: undefined }]) {
      const chatModel = broken(() => ({ content: [], finishReason, usage: {} }));
      await expect(chatModel([])).rejects.toMatchObject({ kind: 'refused' });
    }
  });

  test('results of a wrong shape are malformed, and unknown tokens are left out', async () => {
    await expect(broken(() => undefined)([])).rejects.toMatchObject({ kind: 'malformed' });
    await expect(broken(() => ({ content: 'text' }))([])).rejects.toMatchObject({
      kind: 'malformed',
    });
    const usage = { inputTokens: { total: undefined }, outputTokens: { total: 1 } };
    const content = [{ type: 'text', text: 'a' }, null, { type: 'text', text: 7 }];
    expect(await broken(() => ({ content, usage }))([])).toEqual({ text: 'a' });
  });

  test('the abort of the caller rejects with its reason', async () => {
    const signal = AbortSignal.abort('enough');
    await expect(throwing({})([], { signal })).rejects.toBe('enough');
  });

  test('models of other specifications, and names of models, are refused', () => {
    expect(() => aiSdkChatModel({ ...models().v2, specificationVersion: 'v1' })).toThrow(TypeError);
    expect(() => aiSdkChatModel('gpt-4.1' as never)).toThrow('not the name of one');
  });
});
