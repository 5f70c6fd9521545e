import { expect, it } from 'vitest';
import { retryDelay } from './retry-delay.js';

it('doubles with each failure, up to a minute', () => {
  expect([1, 2, 3, 7, 60].map((failures) => retryDelay(failures, 1000))).toEqual([
    1000, 2000, 4000, 60_000, 60_000,
  ]);
});

it('waits for as long as a server asks, within reason', () => {
  expect(retryDelay(1, 1000, 90_000)).toBe(90_000);
  expect(retryDelay(3, 1000, 500)).toBe(4000);
  expect(retryDelay(1, 1000, 1e9)).toBe(600_000);
});
