import { scoreMetrics, ZERO_STD } from '../metrics.js';
import { divisor, groupStd, type StandardScalingOptions } from '../scalings.js';
import { pick, score, scoredIndices } from '../score.js';
import { mean, standardDeviation } from '../statistics.js';
import type { AdvantageEstimator, RewardBatch } from '../types.js';

/**
 * Normalises each reward function within its group before they are added up, so that one with a wide
 * spread cannot drown the others; then whitens the sums over the batch:
 *
 *     zᵢₖ = (rᵢₖ − μ_group(rₖ)) / (σ_group(rₖ) + ε)
 *     Sᵢ = Σₖ wₖ zᵢₖ        Aᵢ = (Sᵢ − μ_batch(S)) / (σ_batch(S) + ε)
 *
 * Liu et al. 2026, GDPO, https://arxiv.org/abs/2601.05242; deviations with n − 1, as TRL and verl.
 * A reward that is not applicable, or alone of its function in its group, counts 0 in the sum. The
 * batch is centred on purpose: with rewards missing, the sums of a group need not add up to 0.
 * Whitening amplifies whatever is left: where functions cancel but for their ε, keep ε well below
 * their deviations.
 *
 * @returns advantages [B], 0 without a score; `frac_reward_zero_std` is 1 where all S are equal, else 0
 * @example gdpo()({ rewards: [[1, 0], [0, 1]], groupIds: ['a', 'a'] }).advantages // [0, 0]
 */
export function gdpo(options: StandardScalingOptions = {}): AdvantageEstimator {
  return (batch: RewardBatch) => {
    const scored = score(batch);
    const S = new Float64Array(scored.scores.length); // [B]
    const functions = batch.rewards[0]?.length ?? 0;
    for (let k = 0; k < functions; k++) {
      const z = normalizeWithinGroups(batch, k, options); // [B]
      const weight = batch.weights?.[k] ?? 1;
      z.forEach((value, i) => {
        S[i] += Number.isNaN(value) ? 0 : weight * value;
      });
    }
    const known = pick(S, scoredIndices(scored));
    const center = mean(known);
    const scale = divisor(known, options);
    const advantages = S.map((sum, i) => {
      const advantage = (sum - center) / scale;
      return Number.isNaN(scored.scores[i]) || !Number.isFinite(advantage) ? 0 : advantage;
    }); // [B]
    const isFlat = standardDeviation(known) <= ZERO_STD;
    return {
      advantages,
      metrics: { ...scoreMetrics(scored), frac_reward_zero_std: Number(isFlat) },
    };
  };
}

/** z-scores of one reward function within each group; NaN where it has none. */
function normalizeWithinGroups(
  batch: RewardBatch,
  k: number,
  options: StandardScalingOptions,
): Float64Array {
  const column = score({
    rewards: batch.rewards.map((row) => [row[k]]),
    groupIds: batch.groupIds,
  });
  const centers = column.groups.map((members) => mean(pick(column.scores, members))); // [P]
  const scales = groupStd(options).divisors(column, column.scores); // [B]
  return column.scores.map((r, i) => (r - centers[column.groupOf[i]]) / scales[i]); // [B]
}
