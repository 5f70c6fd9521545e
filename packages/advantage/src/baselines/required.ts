import type { RewardBatch } from '../types.js';

/** What each optional field of a batch is for, in words. */
const ADVICE = {
  lengths: 'Pass the number of tokens of each completion.',
  gradientNorms: 'Pass the squared gradient norm of each completion.',
  greedyScores: "Pass the score of the greedy completion of each completion's task.",
  values: "Pass what a value function expects of each completion's task.",
} as const;

/**
 * The field of a batch that a baseline cannot do without.
 *
 * @throws where the batch does not have it
 */
export function required(batch: RewardBatch, field: keyof typeof ADVICE): readonly number[] {
  const values = batch[field];
  if (values) return values;
  throw new Error(`baseline: this baseline needs ${field}, got none. ${ADVICE[field]}`);
}
