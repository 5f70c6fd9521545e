import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { initBackend } from '@grpo/tensor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LanguageModel } from '../model/language-model.js';
import { samplerChecks } from '../testing.js';
import type { SampledTokens, SampleOptions, Sampler } from '../types.js';
import type { LogProbsMode } from './completion.js';
import { createHttpSampler, type HttpSamplerOptions } from './http-sampler.js';

const folder = fileURLToPath(new URL('../../fixtures/llama-gqa-tied', import.meta.url));
const PROMPT = [3, 9, 27, 81];
const REQUEST = { ids: PROMPT, seed: 1 };
const OPTIONS = { maxTokens: 3, stopIds: [7] };
const CHOICE = {
  token_ids: [5, 7],
  logprobs: { token_logprobs: [-1, -2] },
  finish_reason: 'stop',
  stop_reason: 7,
};

type Body = Readonly<Record<string, never>>;
type Answer = (body: Body, response: ServerResponse, request: IncomingMessage) => unknown;

let answer: Answer = () => {};
let seen: { body: Body; headers: IncomingMessage['headers'] }[] = [];
const server = createServer((request, response) => {
  let text = '';
  request.on('data', (piece) => {
    text += piece;
  });
  request.on('end', () => {
    const body = JSON.parse(text) as Body;
    seen.push({ body, headers: request.headers });
    answer(body, response, request);
  });
});
let url = '';

beforeAll(async () => {
  await initBackend('wasm');
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const open = (options: Partial<HttpSamplerOptions> = {}) =>
  createHttpSampler({ url, model: 'tiny', retryDelayMs: 1, ...options });

/** Answers with the given things, one after the other; the last one goes on. */
function script(...answers: readonly Answer[]): void {
  seen = [];
  answer = (body, response, request) =>
    answers[Math.min(seen.length, answers.length) - 1](body, response, request);
}
const json =
  (value: unknown, status = 200): Answer =>
  (_, response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
const good = json({ choices: [CHOICE] });
const sampleOne = async (
  options: Partial<HttpSamplerOptions> = {},
  sampling: Partial<SampleOptions> = {},
): Promise<SampledTokens> => {
  const [row] = await open(options).sample([REQUEST], { ...OPTIONS, ...sampling });
  return row;
};

/** A server that keeps vLLM's contract, with a real model behind it. */
function serve(sampler: Sampler, mode: LogProbsMode): Answer {
  return async (body, response) => {
    const b = body as Readonly<Record<string, unknown>>;
    const abort = new AbortController();
    response.on('close', () => abort.abort());
    const send = (value: unknown) => response.write(`data: ${JSON.stringify(value)}\n\n`);
    const choiceOf = (ids: readonly number[], logProbs: readonly number[]) => ({
      index: 0,
      text: '',
      token_ids: ids,
      logprobs: { token_logprobs: logProbs, tokens: [] },
    });
    const told = (row: { logProbs: readonly number[]; sampledLogProbs?: readonly number[] }) =>
      mode === 'raw_logprobs' ? row.logProbs : (row.sampledLogProbs ?? []);
    try {
      const [row] = await sampler.sample([{ ids: b.prompt as number[], seed: b.seed as number }], {
        maxTokens: b.max_tokens as number,
        minTokens: b.min_tokens as number,
        temperature: b.temperature as number,
        topP: b.top_p as number,
        minP: b.min_p as number,
        repetitionPenalty: b.repetition_penalty as number,
        ...(b.top_k !== -1 && { topK: b.top_k as number }),
        stopIds: b.stop_token_ids as number[],
        signal: abort.signal,
        ...(b.stream === true && {
          onToken: ({ id, logProb, sampledLogProb = logProb }) =>
            send({
              choices: [
                choiceOf([id], told({ logProbs: [logProb], sampledLogProbs: [sampledLogProb] })),
              ],
            }),
        }),
      });
      const end = { finish_reason: row.stopReason, stop_reason: row.stoppedBy ?? null };
      if (b.stream === true) {
        send({ choices: [{ ...choiceOf([], []), ...end }] });
        send({ choices: [], usage: {} });
        response.end('data: [DONE]\n\n');
      } else {
        const choice = { ...choiceOf(row.ids, told(row)), prompt_token_ids: b.prompt, ...end };
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify({ choices: [choice] }));
      }
    } catch (error) {
      if (!abort.signal.aborted) response.writeHead(500).end(String(error));
    }
  };
}

describe('in front of a real model', () => {
  const http: Sampler = {
    sample: (requests, options) => open().sample(requests, options),
  };
  const checks = samplerChecks(http, {
    logits: async (ids) => {
      const all = await model.logits(ids);
      return all.subarray(all.length - model.config.vocabularySize);
    },
    prompt: PROMPT,
    draws: 500,
  });
  let model: LanguageModel;
  beforeAll(() => {
    model = LanguageModel.open(folder);
    script(serve(model.sampler(), 'raw_logprobs'));
  });
  afterAll(() => model.dispose());

  test.each(checks.map(({ name, run }) => [name, run] as const))('%s', (_, run) => run());

  test('the rows are those of the sampler behind it, for the same seeds', async () => {
    const requests = [1, 2, 3].map((seed) => ({ ids: PROMPT, seed }));
    const options = { maxTokens: 6, stopIds: [7, 8, 9, 10, 11, 12] };
    expect(await open().sample(requests, options)).toEqual(
      await model.sampler().sample(requests, options),
    );
  });
});

describe('what is sent', () => {
  test('a request names every option, so that none comes from the server', async () => {
    script(good);
    const sampled = await open({ apiKey: 'secret' }).sample([{ ...REQUEST, maxTokens: 2 }], {
      ...OPTIONS,
      topK: 9,
      topP: 0.9,
      minP: 0.1,
      repetitionPenalty: 1.1,
      minTokens: 1,
      stopStrings: ['x'],
    });
    expect(sampled).toEqual([
      { ids: [5, 7], logProbs: [-1, -2], stopReason: 'stop', stoppedBy: 7 },
    ]);
    const [{ body, headers }] = seen;
    expect(headers.authorization).toBe('Bearer secret');
    expect(body).toEqual({
      model: 'tiny',
      prompt: PROMPT,
      seed: 1,
      max_tokens: 2,
      min_tokens: 1,
      temperature: 1,
      top_k: 9,
      top_p: 0.9,
      min_p: 0.1,
      repetition_penalty: 1.1,
      stop_token_ids: [7],
      stop: ['x'],
      ignore_eos: true,
      logprobs: 0,
      return_token_ids: true,
      stream: false,
    });
  });

  test('no more requests are open than the concurrency allows', async () => {
    let [inside, most] = [0, 0];
    script((_, response) => {
      most = Math.max(most, ++inside);
      setTimeout(() => {
        inside -= 1;
        response.end(JSON.stringify({ choices: [CHOICE] }));
      }, 5);
    });
    const requests = Array.from({ length: 9 }, (_, seed) => ({ ids: PROMPT, seed }));
    expect(await open({ concurrency: 3 }).sample(requests, OPTIONS)).toHaveLength(9);
    expect(most).toBe(3);
  });
});

describe('log-probs', () => {
  test('both kinds are told where they are the same, one where not', async () => {
    script(good);
    expect(await sampleOne()).toMatchObject({ logProbs: [-1, -2], sampledLogProbs: [-1, -2] });
    expect(await sampleOne({}, { topP: 0.5 })).not.toHaveProperty('sampledLogProbs');
    expect(
      await sampleOne({ logProbsMode: 'processed_logprobs' }, { temperature: 0.7 }),
    ).toMatchObject({ sampledLogProbs: [-1, -2] });
  });

  test('options under which the server tells others are refused before anything is sent', async () => {
    script(good);
    await expect(sampleOne({}, { temperature: 0.7 })).rejects.toThrow(
      'needs log-probs at temperature 0.7, got a server that tells those at 1',
    );
    await expect(sampleOne({ logProbsMode: 'processed_logprobs' }, { topP: 0.9 })).rejects.toThrow(
      'tells those after penalty and truncation',
    );
    expect(seen).toEqual([]);
  });
});

describe('a server in trouble', () => {
  test.each([
    ['429', json({ error: 'busy' }, 429)],
    ['500', json({ error: 'oops' }, 500)],
    ['a connection that is reset', (_, __, request) => request.socket.destroy()],
  ] as [string, Answer][])('%s is tried again', async (_name, trouble) => {
    script(trouble, trouble, good);
    expect((await sampleOne()).ids).toEqual([5, 7]);
    expect(seen).toHaveLength(3);
  });

  test('after the last attempt the error names the server, what it said, and no key', async () => {
    script(json({ error: 'no key-123 here' }, 503));
    const failed = sampleOne({ retries: 2, apiKey: 'key-123' });
    await expect(failed).rejects.toThrow(
      `sample: ${url}/completions answered 503: {"error":"no [key] here"} Tried 3 times.`,
    );
    expect(seen).toHaveLength(3);
  });

  test('what the server refuses is not sent again', async () => {
    script(json({ message: 'The model does not exist.' }, 404));
    await expect(sampleOne()).rejects.toThrow(
      'answered 404: {"message":"The model does not exist."}',
    );
    expect(seen).toHaveLength(1);
  });

  test('a server that does not answer in time is given up', async () => {
    script(() => {});
    await expect(sampleOne({ timeoutMs: 50 })).rejects.toThrow('did not answer within 50 ms');
  });

  test('an abort ends the wait between attempts', async () => {
    const abort = new AbortController();
    script((_, response) => {
      response.writeHead(429, { 'retry-after': '20' }).end();
      setTimeout(() => abort.abort(new Error('enough')), 5);
    });
    await expect(sampleOne({}, { signal: abort.signal })).rejects.toThrow('enough');
  });

  test('a failed request ends the others of its call', async () => {
    const closed: unknown[] = [];
    const bad = json({ message: 'no' }, 400);
    answer = (body, response, request) => {
      const { seed } = body as { readonly seed?: number };
      if (seed === 1) setTimeout(() => bad(body, response, request), 20);
      else response.on('close', () => closed.push(seed));
    };
    const requests = [1, 2, 3].map((seed) => ({ ids: PROMPT, seed }));
    await expect(open().sample(requests, OPTIONS)).rejects.toThrow('answered 400');
    await expect.poll(() => closed.length).toBe(2);
  });
});

describe('answers that break the contract', () => {
  const broken: readonly [string, Answer, string][] = [
    [
      'JSON that breaks off',
      (_, response) => response.end('{"choices": [{"token_ids": [5,'),
      'needs JSON, got',
    ],
    ['no object', json('hello'), 'needs an object, got "hello"'],
    ['no choices', json({}), 'needs an array of choices, got undefined'],
    ['an error', json({ error: { message: 'x' } }), 'got the error {"message":"x"}'],
    [
      'no token ids',
      json({ choices: [{ ...CHOICE, token_ids: null }] }),
      'The server must know return_token_ids',
    ],
    [
      'token ids of another type',
      json({ choices: [{ ...CHOICE, token_ids: ['5', '7'] }] }),
      'needs token ids, got "5"',
    ],
    [
      'no log-probs',
      json({ choices: [{ ...CHOICE, logprobs: null }] }),
      'needs logprobs.token_logprobs, got undefined',
    ],
    [
      'too few log-probs',
      json({ choices: [{ ...CHOICE, logprobs: { token_logprobs: [-1] } }] }),
      'needs one log-prob per token, got 1 for 2',
    ],
    [
      'a log-prob that is null',
      json({ choices: [{ ...CHOICE, logprobs: { token_logprobs: [-1, null] } }] }),
      'needs finite log-probs, got null',
    ],
    [
      'another reason',
      json({ choices: [{ ...CHOICE, finish_reason: 'abort' }] }),
      'needs the finish_reason stop or length, got "abort"',
    ],
    ['no tokens', json({ choices: [] }), 'needs at least one token and a finish_reason, got none'],
    [
      'another prompt',
      json({ choices: [{ ...CHOICE, prompt_token_ids: [1] }] }),
      'needs the prompt as it was sent',
    ],
    [
      'an answer that is too long',
      (_, response) => response.end(' '.repeat(5000)),
      'needs at most 4000 bytes, got more',
    ],
    [
      'a connection that breaks within the answer',
      (_, response) => {
        response.writeHead(200, { 'content-length': '1000' });
        response.write('{');
        setTimeout(() => response.destroy(), 5);
      },
      'answered otherwise than expected',
    ],
  ];
  test.each(broken)(
    '%s is an error that names the server, and is not sent again',
    async (...row) => {
      const [, wrong, message] = row;
      script(wrong);
      const failed = await sampleOne({ maxResponseBytes: 4000 }).catch(String);
      expect(failed).toContain(message);
      expect(failed).toContain(`${url}/completions`);
      expect(seen).toHaveLength(1);
    },
  );

  test('a stream that ends without [DONE] is an error', async () => {
    script((_, response) => response.end(`data: ${JSON.stringify({ choices: [CHOICE] })}\n\n`));
    const told: number[] = [];
    const failed = sampleOne({}, { onToken: ({ id }) => told.push(id) });
    await expect(failed).rejects.toThrow('needs the event [DONE] at the end, got none');
    expect(told).toEqual([5, 7]);
  });
});

test('a url that is none, or holds a password, is refused', () => {
  expect(() => open({ url: 'localhost' })).toThrow('needs a url such as http://localhost:8000/v1');
  expect(() => open({ url: 'http://me:secret@localhost/v1' })).toThrow(
    'needs a url without user and password, got one with them',
  );
  expect(() => open({ concurrency: 0 })).toThrow('needs a concurrency of at least 1, got 0');
});
