import { describe, expect, test } from 'vitest';
import { checkCount, checkTimeLimit, withinTime } from './within-time.js';

const limit = { what: 'the user simulator', timeoutMs: 10 };
const forever = () => new Promise<never>(() => {});

test('a value comes through, at once or later', async () => {
  expect(await withinTime(() => 1, limit)).toBe(1);
  expect(await withinTime(async () => 2, limit)).toBe(2);
});

test('an error comes through, at once or later', async () => {
  const thrown = () => {
    throw new Error('at once');
  };
  await expect(withinTime(thrown, limit)).rejects.toThrow('at once');
  await expect(withinTime(() => Promise.reject(new Error('later')), limit)).rejects.toThrow(
    'later',
  );
});

test('what hangs is left behind with its signal aborted', async () => {
  const signals: AbortSignal[] = [];
  const hangs = (signal: AbortSignal) => {
    signals.push(signal);
    return forever();
  };
  await expect(withinTime(hangs, limit)).rejects.toThrow(
    'the user simulator: needs to answer within 10 ms, got nothing.',
  );
  expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
});

test('an abort ends the wait with its reason', async () => {
  const controller = new AbortController();
  const signal = controller.signal;
  const waiting = withinTime(forever, { ...limit, timeoutMs: 60_000, signal });
  controller.abort(new Error('stopped'));
  await expect(waiting).rejects.toThrow('stopped');
});

test('an aborted signal keeps the function from being called', async () => {
  let calls = 0;
  const signal = AbortSignal.abort(new Error('stopped'));
  await expect(withinTime(() => ++calls, { ...limit, signal })).rejects.toThrow('stopped');
  expect(calls).toBe(0);
});

describe('limits', () => {
  test.each([0, -1, 2 ** 31, Number.NaN])('%s ms are refused', (timeoutMs) => {
    expect(() => checkTimeLimit('toolEnv', 'timeoutMs', timeoutMs)).toThrow(
      `toolEnv: timeoutMs must lie between 0 and 2^31 ms (24 days), got ${timeoutMs}.`,
    );
  });

  test.each([0, 1.5, Number.POSITIVE_INFINITY])('a count of %s is refused', (count) => {
    expect(() => checkCount('toolEnv', 'maxTurns', count)).toThrow(
      `toolEnv: maxTurns must be an integer of at least 1, got ${count}.`,
    );
  });

  test('a proper limit passes', () => {
    expect(() => checkTimeLimit('toolEnv', 'timeoutMs', 1)).not.toThrow();
    expect(() => checkCount('toolEnv', 'maxTurns', 1)).not.toThrow();
  });
});
