import { keyedRandom } from '@grpo/random';
import { expect, test } from 'vitest';
import { retryDelay, saysRetryable } from './retry-delay.js';

test('delays double between half and the whole of their bound, and stay below 30 s', () => {
  for (const [attempt, most] of [
    [0, 100],
    [1, 200],
    [3, 800],
    [20, 30_000],
  ]) {
    const random = keyedRandom('delays', attempt);
    const delays = Array.from({ length: 200 }, () => retryDelay(attempt, 100, random));
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(most / 2);
    expect(Math.max(...delays)).toBeLessThan(most);
    expect(new Set(delays).size).toBe(200);
  }
  expect(retryDelay(5, 0, keyedRandom('none'))).toBe(0);
});

test('only an error that says so is worth another try', () => {
  expect(saysRetryable(Object.assign(new Error('429'), { isRetryable: true }))).toBe(true);
  const others = [new Error('x'), { isRetryable: 'yes' }, { isRetryable: false }, null, 'retry'];
  for (const error of others) expect(saysRetryable(error)).toBe(false);
});
