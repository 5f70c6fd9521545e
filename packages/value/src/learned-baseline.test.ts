import { expect, it } from 'vitest';
import { learnedBaselineAdvantages } from './learned-baseline.js';
import type { ValueEstimator } from './types.js';

/** States that are their own values. */
const IDENTITY: ValueEstimator<readonly number[]> = {
  values: async (states) => Float64Array.from(states),
};
const BATCH = {
  rewards: [
    [1, 0.5],
    [0, null],
    [null, null],
    [1, 1],
  ],
  groupIds: ['a', 'b', 'c', 'd'],
  weights: [1, 2],
} as const;
const VALUES = [0.5, 0.25, 9, 3];

it('is score minus value, for a lone completion of each task, by hand', async () => {
  const result = await learnedBaselineAdvantages(IDENTITY, VALUES, BATCH);
  expect([...result.advantages]).toEqual([1.5, -0.25, 0, 0]);
  expect(result.metrics.reward).toBeCloseTo(5 / 3, 12);
});

it('teaches scores to the value function, and only where there is one', async () => {
  const { scored, targets } = await learnedBaselineAdvantages(IDENTITY, VALUES, BATCH);
  expect(scored).toEqual([0, 1, 3]);
  expect([...targets.returns]).toEqual([2, 0, 3]);
  expect([...targets.oldValues]).toEqual([0.5, 0.25, 3]);
});

it('other values give other advantages: nothing centres them again', async () => {
  const shifted = VALUES.map((V) => V - 1);
  const { advantages } = await learnedBaselineAdvantages(IDENTITY, shifted, BATCH);
  expect([...advantages]).toEqual([2.5, 0.75, 0, 1]);
});

it('scores are clipped to their range, in the advantages and in what is learned', async () => {
  const { advantages, targets } = await learnedBaselineAdvantages(IDENTITY, VALUES, BATCH, {
    scoreRange: [0, 2.5],
  });
  expect([...advantages]).toEqual([1.5, -0.25, 0, -0.5]);
  expect([...targets.returns]).toEqual([2, 0, 2.5]);
});

it('a scaling divides the differences', async () => {
  const plain = await learnedBaselineAdvantages(IDENTITY, VALUES, BATCH);
  const scaled = await learnedBaselineAdvantages(IDENTITY, VALUES, BATCH, { scaling: 'batch-std' });
  const ratio = plain.advantages[0] / scaled.advantages[0];
  expect(ratio).not.toBeCloseTo(1, 1);
  expect(plain.advantages[1] / scaled.advantages[1]).toBeCloseTo(ratio, 12);
});

it('refuses another number of states than completions', async () => {
  await expect(learnedBaselineAdvantages(IDENTITY, [1], BATCH)).rejects.toThrow(
    'values needs shape [4], got [1]',
  );
});
