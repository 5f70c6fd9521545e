import type { ChatModel, ChatModelOptions, Message } from '@grpo/rewards';
import { describe, expect, test } from 'vitest';
import { conversationEnv } from './conversation-env.js';
import { type SimulatedUserOptions, simulatedUser } from './simulated-user.js';
import type { Task } from './types.js';

const say = (content: string): Message => ({ role: 'assistant', content });
const task: Task = {
  id: 'tea',
  messages: [{ role: 'system', content: 'You sell tea.' }],
  row: { persona: 'A student in a hurry.', goal: 'Two cups of green tea.' },
};
/** Answers with the texts in turn; an error is thrown. */
function scripted(...script: readonly unknown[]) {
  const calls: {
    readonly messages: readonly Message[];
    readonly options: ChatModelOptions | undefined;
  }[] = [];
  const model: ChatModel = async (messages, options) => {
    calls.push({ messages, options });
    const next = script[Math.min(calls.length, script.length) - 1];
    if (next instanceof Error) throw next;
    return next as { text: string };
  };
  return { model, calls };
}
const fast = { retryDelayMs: 0.01 };
const talk = (model: ChatModel, options?: SimulatedUserOptions) =>
  conversationEnv({ user: simulatedUser(model, { ...fast, ...options }) })(task);

describe('a conversation', () => {
  test('the user opens, answers, and is done at the marker', async () => {
    const { model, calls } = scripted(
      { text: 'Tea?' },
      { text: ' Two.\n' },
      { text: 'Bye. [DONE]' },
    );
    const env = talk(model);
    const { messages } = await env.reset({ seed: 1 });
    expect(messages.at(-1)).toEqual({ role: 'user', content: 'Tea?' });
    expect(await env.step(say('How many?'))).toMatchObject({
      messages: [{ role: 'user', content: 'Two.' }],
      terminated: false,
    });
    expect(await env.step(say('Here.'))).toMatchObject({
      messages: [{ role: 'user', content: 'Bye.' }],
      terminated: true,
      stopReason: 'user_done',
    });
    expect(calls[2].messages).toEqual([
      { role: 'system', content: expect.stringContaining('end your message with [DONE]') },
      { role: 'user', content: '(The conversation begins. Speak first.)' },
      { role: 'assistant', content: 'Tea?' },
      { role: 'user', content: 'How many?' },
      { role: 'assistant', content: 'Two.' },
      { role: 'user', content: 'Here.' },
    ]);
  });

  test('columns say who the user is, and options go before them', async () => {
    const { model, calls } = scripted({ text: 'Tea?' });
    await talk(model).reset({ seed: 1 });
    expect(calls[0].messages[0].content).toMatch(
      /Who you are: A student in a hurry\.\nWhat you want: Two cups of green tea\.\n/,
    );
    const options = { persona: 'A poet.', scenario: () => 'It rains.', goal: () => null };
    await talk(model, options).reset({ seed: 1 });
    const [{ content }] = calls[1].messages;
    expect(content).toMatch(/Who you are: A poet\.\nWhat has happened: It rains\.\nWhen/);
  });

  test('the seed belongs to episode and turn, and the limits are passed on', async () => {
    const play = async (seed: number) => {
      const { model, calls } = scripted({ text: 'Tea?' });
      const env = talk(model, { maxTokens: 7, temperature: 0.5 });
      await env.reset({ seed });
      await env.step(say('Yes.'));
      expect(calls[0].options).toMatchObject({ maxTokens: 7, temperature: 0.5 });
      return calls.map(({ options }) => options?.seed);
    };
    const seeds = await play(1);
    expect(new Set(seeds).size).toBe(2);
    expect(await play(1)).toEqual(seeds);
    expect(await play(2)).not.toEqual(seeds);
  });
});

describe('a chat model that fails', () => {
  test.each([
    ['throws', new Error('429')],
    ['says nothing', { text: ' ' }],
    ['returns something else', 'Tea?'],
    ['returns nothing', undefined],
  ])('once because it %s is asked again, with another seed', async (_, first) => {
    const { model, calls } = scripted(first, { text: 'Tea?' });
    const { messages } = await talk(model).reset({ seed: 1 });
    expect(messages.at(-1)?.content).toBe('Tea?');
    expect(calls).toHaveLength(2);
    expect(calls[0].options?.seed).not.toBe(calls[1].options?.seed);
  });

  test('again and again fails the step with the last reason', async () => {
    const { model, calls } = scripted(new Error('500'), new Error('429'));
    await expect(talk(model, { retries: 1 }).reset({ seed: 1 })).rejects.toThrow(
      'simulatedUser: needs an answer of the chat model, got 2 failures, the last: 429',
    );
    expect(calls).toHaveLength(2);
  });

  test('to answer in time is told so, and its call is aborted', async () => {
    let signal: AbortSignal | undefined;
    const model: ChatModel = (_, options) => {
      signal = options?.signal;
      return new Promise(() => {});
    };
    const env = talk(model, { retries: 0, timeoutMs: 5 });
    await expect(env.reset({ seed: 1 })).rejects.toThrow(
      'the chat model of the user: needs to answer within 5 ms',
    );
    expect(signal?.aborted).toBe(true);
  });

  test('while the run is stopped is not asked again', async () => {
    const controller = new AbortController();
    const { model, calls } = scripted(new Error('500'));
    const env = talk(model, { retries: 5, retryDelayMs: 10_000 });
    const reset = env.reset({ seed: 1, signal: controller.signal });
    await new Promise((resolve) => setTimeout(resolve, 5));
    controller.abort(new Error('stopped'));
    await expect(reset).rejects.toThrow('stopped');
    expect(calls).toHaveLength(1);
  });
});

test('a persona that is no text fails at once', async () => {
  const { model, calls } = scripted({ text: 'Tea?' });
  await expect(talk(model, { persona: () => 7 }).reset({ seed: 1 })).rejects.toThrow(
    'simulatedUser: needs a text as persona, got number.',
  );
  expect(calls).toHaveLength(0);
});

test.each([
  { retries: -1 },
  { retries: 0.5 },
  { doneMarker: '' },
  { timeoutMs: 0 },
  { maxTokens: 0 },
])('%j is refused', (options) => {
  expect(() => simulatedUser(scripted().model, options)).toThrow(/^simulatedUser: /);
});
