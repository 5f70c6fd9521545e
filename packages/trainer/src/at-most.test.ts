import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { atMost } from './at-most.js';

test('results stand by number, and no more run at once than allowed', async () => {
  let [running, most] = [0, 0];
  const results = await atMost(3, 10, async (n) => {
    most = Math.max(most, ++running);
    await sleep((7 * n) % 5);
    running--;
    return n * n;
  });
  expect(results).toEqual([0, 1, 4, 9, 16, 25, 36, 49, 64, 81]);
  expect(most).toBe(3);
  expect(await atMost(3, 0, async () => 1)).toEqual([]);
});

test('the first error stops the rest, and what runs is waited for', async () => {
  const ended: number[] = [];
  const run = atMost(2, 9, async (n) => {
    await sleep(n === 0 ? 1 : 10);
    ended.push(n);
    if (n === 0) throw new Error('lost');
  });
  await expect(run).rejects.toThrow('lost');
  expect(ended).toEqual([0, 1]);
});

test('an aborted signal begins no more work and gives its reason', async () => {
  const stop = new AbortController();
  const begun: number[] = [];
  const run = atMost(
    2,
    9,
    async (n) => {
      begun.push(n);
      if (n === 3) stop.abort('enough');
      await sleep(1);
    },
    stop.signal,
  );
  await expect(run).rejects.toBe('enough');
  expect(begun).toEqual([0, 1, 2, 3]);
});
