import { pick, scoredIndices } from './score.js';
import { mean, standardDeviation } from './statistics.js';
import type { RewardBatch, ScoredBatch } from './types.js';

/** A deviation at or below this is rounding, not a difference between completions. */
export const ZERO_STD = 1e-8;

/**
 * Describes the scores of a batch, before clipping and penalties, under TRL's names.
 * - `reward`: mean score. `reward_std`: its sample standard deviation over the batch.
 * - `frac_reward_zero_std`: share of completions that stand in a set of scores without spread: their
 *   group, or the whole batch where scores are scaled by the batch.
 *
 * A statistic that does not exist (no score at all, or one score for a deviation) is left out.
 */
export function scoreMetrics(
  scored: ScoredBatch,
  over: 'group' | 'batch' = 'group',
): Record<string, number> {
  const all = pick(scored.rawScores, scoredIndices(scored));
  const spread = standardDeviation(all);
  const isFlat = scored.groups.map(
    (members) => standardDeviation(pick(scored.rawScores, members)) <= ZERO_STD,
  ); // [P]
  const flatShare =
    over === 'batch'
      ? Number(spread <= ZERO_STD)
      : mean(Array.from(scored.groupOf, (p) => Number(isFlat[p])));
  return withoutNaN({ reward: mean(all), reward_std: spread, frac_reward_zero_std: flatShare });
}

/** Mean and sample deviation of one reward function over the completions where it applied. */
export interface RewardStatistics {
  readonly mean: number;
  readonly std: number;
  /** Completions where the function applied. */
  readonly count: number;
}

/**
 * Describes each reward function by itself, before weights; what is not applicable is left out.
 *
 * @returns [K]; mean is NaN without, std is NaN with fewer than two applicable rewards
 */
export function rewardStatistics({ rewards }: Pick<RewardBatch, 'rewards'>): RewardStatistics[] {
  const columns = rewards[0]?.length ?? 0;
  return Array.from({ length: columns }, (_, k) => {
    const values = rewards.flatMap((row) => {
      const reward = row[k];
      return reward === null || Number.isNaN(reward) ? [] : [reward];
    });
    return { mean: mean(values), std: standardDeviation(values), count: values.length };
  });
}

function withoutNaN(metrics: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(metrics).filter(([, value]) => !Number.isNaN(value)));
}
