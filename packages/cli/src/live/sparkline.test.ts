import { expect, it } from 'vitest';
import { sparkline } from './sparkline.js';

it('the lowest value is the lowest block, the highest the highest', () => {
  expect(sparkline([0, 1, 2, 7], 4)).toBe('▁▂▃█');
});

it('more values than cells are averaged', () => {
  expect(sparkline([0, 0, 7, 7], 2)).toBe('▁█'); // means 0 and 7
  expect(
    sparkline(
      Array.from({ length: 1000 }, (_, i) => i),
      8,
    ),
  ).toBe('▁▂▃▄▅▆▇█');
});

it('equal values are a flat line, and what is no number is left out', () => {
  expect(sparkline([3, Number.NaN, 3], 10)).toBe('▁▁');
  expect(sparkline([], 10)).toBe('');
  expect(sparkline([1], 0)).toBe('');
});
