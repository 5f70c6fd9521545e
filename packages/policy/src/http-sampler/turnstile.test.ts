import { expect, test } from 'vitest';
import { createTurnstile } from './turnstile.js';

const { signal } = new AbortController();

test('tasks enter in order, as others leave', async () => {
  const turnstile = createTurnstile(2);
  const entered: number[] = [];
  const leave: (() => void)[] = [];
  const tasks = [0, 1, 2, 3].map((n) =>
    turnstile(async () => {
      entered.push(n);
      await new Promise<void>((resolve) => leave.push(resolve));
      return n;
    }, signal),
  );
  await expect.poll(() => entered).toEqual([0, 1]);
  leave[1]();
  await expect.poll(() => entered).toEqual([0, 1, 2]);
  leave[0]();
  await expect.poll(() => entered).toEqual([0, 1, 2, 3]);
  leave[2]();
  leave[3]();
  expect(await Promise.all(tasks)).toEqual([0, 1, 2, 3]);
});

test('a task that fails makes room, and one that is aborted leaves the queue', async () => {
  const turnstile = createTurnstile(1);
  const abort = new AbortController();
  const failing = turnstile(() => Promise.reject(new Error('failed')), signal);
  const aborted = turnstile(async () => 'never', abort.signal);
  const last = turnstile(async () => 'done', signal);
  abort.abort(new Error('enough'));
  await expect(failing).rejects.toThrow('failed');
  await expect(aborted).rejects.toThrow('enough');
  expect(await last).toBe('done');
});
