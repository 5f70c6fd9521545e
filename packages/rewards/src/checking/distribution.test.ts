import { expect, test } from 'vitest';
import { distribution } from './distribution.js';

test('quantiles lie between values in proportion, and the bins hold every value once', () => {
  const spread = distribution([0, 1, 2, 3, 4]);
  expect(spread).toMatchObject({ count: 5, mean: 2, standardDeviation: Math.SQRT2 });
  expect(spread?.quantiles).toEqual([0, 0.2, 1, 2, 3, 3.8, 4]);
  expect(spread?.histogram.map(({ count }) => count)).toEqual([1, 0, 1, 0, 0, 1, 0, 1, 0, 1]);
});

test('equal values are one bin without spread', () => {
  expect(distribution([0.5, 0.5])).toMatchObject({
    standardDeviation: 0,
    histogram: [{ from: 0.5, to: 0.5, count: 2 }],
  });
});

test('no values have no distribution', () => {
  expect(distribution([])).toBeUndefined();
});
