import { expect, it } from 'vitest';
import { progressClock } from './progress-clock.js';

it('the time left is the mean of the last steps times the steps left', () => {
  const left = progressClock(10);
  expect(left(1, 4)).toBe(36); // 4 s · 9
  expect(left(2, 2)).toBe(24); // (4 + 2) / 2 · 8
});

it('a slow start is forgotten after twenty steps, and there is never less than nothing left', () => {
  const left = progressClock(30);
  left(1, 1000);
  for (let step = 2; step < 21; step++) left(step, 1);
  expect(left(21, 1)).toBe(9); // 1 s · 9
  expect(left(31, 1)).toBe(0);
});
