import { expect, test } from 'vitest';
import { TimedOut, withinLimit } from './within-limit.js';

const never = new Promise<never>(() => {});

test('a value and an error go through, with and without a limit', async () => {
  expect(await withinLimit(() => 3, { what: 'it' })).toBe(3);
  expect(await withinLimit(async () => 4, { what: 'it', timeoutMs: 1000 })).toBe(4);
  const failing = withinLimit(() => Promise.reject(new Error('lost')), { what: 'it' });
  await expect(failing).rejects.toThrow(/^lost$/);
  const throwing = () => {
    throw new Error('at once');
  };
  await expect(withinLimit(throwing, { what: 'it' })).rejects.toThrow('at once');
});

test('a call that hangs is left behind with its signal aborted', async () => {
  let seen: AbortSignal | undefined;
  const hang = (signal: AbortSignal) => {
    seen = signal;
    return never;
  };
  const error = await withinLimit(hang, { what: 'step', timeoutMs: 5 }).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(TimedOut);
  expect(error).toHaveProperty('message', 'step took longer than 5 ms');
  expect(seen?.reason).toBe(error);
});

test('an aborted signal ends the wait with its reason and is handed on', async () => {
  const stop = new AbortController();
  let seen: AbortSignal | undefined;
  const call = withinLimit(
    (signal) => {
      seen = signal;
      return never;
    },
    { what: 'it', signal: stop.signal },
  );
  stop.abort('enough');
  await expect(call).rejects.toBe('enough');
  expect(seen?.reason).toBe('enough');
  await expect(withinLimit(() => 1, { what: 'it', signal: stop.signal })).rejects.toBe('enough');
});

test('what an abandoned call throws later is of no consequence', async () => {
  const unhandled: unknown[] = [];
  const listen = (reason: unknown) => unhandled.push(reason);
  process.on('unhandledRejection', listen);
  const late = () =>
    new Promise<never>((_, reject) => setTimeout(() => reject(new Error('late')), 10));
  await expect(withinLimit(late, { what: 'it', timeoutMs: 1 })).rejects.toBeInstanceOf(TimedOut);
  await new Promise((resolve) => setTimeout(resolve, 30));
  process.off('unhandledRejection', listen);
  expect(unhandled).toEqual([]);
});
