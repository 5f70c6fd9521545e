import { expect, it } from 'vitest';
import { explainedVariance } from './explained-variance.js';

const RETURNS = [0, 2, 4, -1, 3];

it('is 1 for the returns themselves, and a constant error costs nothing', () => {
  expect(explainedVariance(RETURNS, RETURNS)).toBe(1);
  const shifted = RETURNS.map((R) => R + 8);
  expect(explainedVariance(shifted, RETURNS)).toBe(1);
});

it('is 0 for a constant and below 0 for values that point the wrong way', () => {
  expect(explainedVariance([3, 3, 3, 3, 3], RETURNS)).toBe(0);
  // Var(2R) / Var(R) = 4.
  const opposite = RETURNS.map((R) => -R);
  expect(explainedVariance(opposite, RETURNS)).toBeCloseTo(-3, 14);
});

it('is 1 − Var(R − V) / Var(R), by hand', () => {
  // R − V = [0, 1, 2]: variance 2/3 of 8/3.
  expect(explainedVariance([0, 1, 2], [0, 2, 4])).toBeCloseTo(0.75, 14);
});

it('is 0 where there is nothing to explain, also where the mean of equal numbers is not exact', () => {
  expect(explainedVariance([], [])).toBe(0);
  expect(explainedVariance([5], [1])).toBe(0);
  expect(explainedVariance(RETURNS.slice(0, 3), [0.1, 0.1, 0.1])).toBe(0);
});

it('refuses arrays of two lengths', () => {
  expect(() => explainedVariance([1], [1, 2])).toThrow('of one length, got 1 and 2');
});
