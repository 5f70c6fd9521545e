import { expect, test } from 'vitest';
import { gaeEstimator } from './gae-estimator.js';

// One sequence of three own tokens with an answer of the environment between them, one of two.
const input = {
  rewards: [0, 0, 0, 1, 0, 0, 0, 0],
  values: [0.5, 0.25, 9, 0.75, 0.5, 0.5, 0, 0],
  mask: [1, 1, 0, 1, 1, 1, 0, 0],
  shape: [2, 4] as const,
};

test('with λ = 1 advantages are returns minus values', () => {
  const { advantages, returns } = gaeEstimator({ lambda: 1, isWhitened: false }).perToken(input);
  expect([...returns]).toEqual([1, 1, 0, 1, 0, 0, 0, 0]);
  expect([...advantages]).toEqual([0.5, 0.75, 0, 0.25, -0.5, -0.5, 0, 0]);
});

test('the critic learns with a λ of its own', () => {
  const estimator = gaeEstimator({ lambda: 0, valueLambda: 1, isWhitened: false });
  const { advantages, returns } = estimator.perToken(input);
  expect([...returns]).toEqual([1, 1, 0, 1, 0, 0, 0, 0]);
  expect([...advantages]).toEqual([-0.25, 0.5, 0, 0.25, 0, -0.5, 0, 0]); // δ alone
  const shorter = gaeEstimator({ lambda: 0, valueLambda: 0, isWhitened: false }).perToken(input);
  expect([...shorter.returns]).toEqual([0.25, 0.75, 0, 1, 0.5, 0, 0, 0]); // r + V of the next state
});

test('a cut-off goes on with its value where it is asked for', () => {
  const cutOff = { ...input, bootstrapValues: [0, 2] };
  const options = { lambda: 1, isWhitened: false };
  const ended = gaeEstimator(options).perToken(cutOff);
  expect([...ended.returns]).toEqual([1, 1, 0, 1, 0, 0, 0, 0]);
  const bootstrapped = gaeEstimator({ ...options, isCutOffBootstrapped: true }).perToken(cutOff);
  expect([...bootstrapped.returns]).toEqual([1, 1, 0, 1, 2, 2, 0, 0]);
});

test('whitened advantages have mean 0 and deviation 1 over the own tokens', () => {
  const { advantages } = gaeEstimator().perToken(input);
  const own = [...advantages].filter((_, i) => input.mask[i] === 1);
  const mean = own.reduce((sum, A) => sum + A, 0) / own.length;
  const variance = own.reduce((sum, A) => sum + (A - mean) ** 2, 0) / (own.length - 1);
  expect(mean).toBeCloseTo(0, 12);
  expect(variance).toBeCloseTo(1, 6);
  expect(advantages[2]).toBe(0);
});
