import { describe, expect, test } from 'vitest';
import { ChatModelError } from './chat-model-error.js';
import { scriptedChatModel } from './function-chat-model.js';
import { type RetryOptions, withRetries } from './with-retries.js';

const server = new ChatModelError('server', 'down');

function patient(answers: Parameters<typeof scriptedChatModel>[0], options: RetryOptions = {}) {
  const waits: number[] = [];
  const wait = async (ms: number) => void waits.push(ms);
  return { chatModel: withRetries(scriptedChatModel(answers), { wait, ...options }), waits };
}

describe('waits', () => {
  test('they double, spread by half, and stop growing at the longest', async () => {
    const { chatModel, waits } = patient([server, server, server, 'hi'], {
      baseDelayMs: 100,
      maxDelayMs: 300,
      random: () => 0,
    });
    expect(await chatModel([])).toEqual({ text: 'hi' });
    expect(waits).toEqual([50, 100, 150]);
  });

  test('what the endpoint asks for comes before what we would wait', async () => {
    const asks = new ChatModelError('rate-limited', 'slow down', { retryAfterMs: 1000 });
    const { chatModel, waits } = patient([asks, 'hi'], { random: () => 0.8 });
    await chatModel([]);
    expect(waits).toEqual([1200]);
  });
});

describe('what is tried again', () => {
  test('nothing that another try cannot mend', async () => {
    for (const error of [new ChatModelError('client', 'bad key'), new TypeError('a bug')]) {
      const { chatModel, waits } = patient([error, 'hi']);
      await expect(chatModel([])).rejects.toBe(error);
      expect(waits).toEqual([]);
    }
  });

  test('the last failure is what the caller sees', async () => {
    const last = new ChatModelError('timeout', 'slow');
    const { chatModel } = patient([server, last], { retries: 1 });
    await expect(chatModel([])).rejects.toBe(last);
  });
});

test('an abort while waiting rejects with its own reason', async () => {
  const gone = new AbortController();
  const chatModel = withRetries(scriptedChatModel([server, 'hi']), { baseDelayMs: 60_000 });
  const answer = chatModel([], { signal: gone.signal });
  setTimeout(() => gone.abort('enough'), 5);
  await expect(answer).rejects.toBe('enough');
});

test('options out of range are refused', () => {
  expect(() => withRetries(scriptedChatModel([]), { retries: -1 })).toThrow(RangeError);
});
