import { groupMean } from './baselines/group-mean.js';
import { scoreMetrics } from './metrics.js';
import { baselines, scalings } from './registries.js';
import type { Named } from './registry.js';
import { groupStd } from './scalings.js';
import { score } from './score.js';
import type { AdvantageEstimator, Baseline, RewardBatch, Scaling } from './types.js';

/** The slots of `groupRelative`: parts, or names of registered ones. */
export interface GroupRelativeOptions {
  /** What a score is compared with; default the group's mean. */
  readonly baseline?: Baseline | Named;
  /** What the difference is divided by; default the group's standard deviation. */
  readonly scaling?: Scaling | Named;
  /** Bounds of a completion's sum of rewards; default none. */
  readonly scoreRange?: readonly [least: number, most: number];
}

/**
 * Estimates how much better a completion was than its baseline, in units of a scaling:
 *
 *     Aᵢ = (Rᵢ − bᵢ) / sᵢ        Rᵢ = clip(Σₖ wₖ rᵢₖ) − pᵢ
 *
 * With the defaults, bᵢ the mean and sᵢ the deviation of the group, this is GRPO: Shao et al. 2024,
 * DeepSeekMath, section 4.1, https://arxiv.org/abs/2402.03300. Departures from the paper, which are
 * TRL's: the deviation divides by n − 1, and 1e-4 is added to it.
 *
 * The differences are never centred again, so that a swapped baseline changes the result.
 *
 * @param options.baseline a baseline, or the name of a registered one
 * @param options.scaling a scaling, or the name of a registered one
 * @param options.scoreRange bounds of the sum of a completion's rewards, before its penalty p
 * @returns an estimator: advantages [B], metrics `reward`, `reward_std`, `frac_reward_zero_std`.
 *   A completion without a score, and a lone one that is compared or scaled within its group, has
 *   advantage 0; equal scores have advantage exactly 0.
 * @throws where a name is unknown; the estimator throws where shapes differ or a reward is infinite
 * @example
 * const grpo = groupRelative();
 * grpo({ rewards: [[1], [0]], groupIds: ['a', 'a'] }).advantages // [0.707, -0.707]
 */
export function groupRelative({
  baseline = groupMean(),
  scaling = groupStd(),
  scoreRange,
}: GroupRelativeOptions = {}): AdvantageEstimator {
  const b = baselines.resolve(baseline);
  const s = scalings.resolve(scaling);

  const estimate = (batch: RewardBatch) => {
    const scored = score(batch, { range: scoreRange });
    const R = scored.scores; // [B]
    const baselineValues = b(scored); // [B]
    const differences = R.map((score, i) => score - baselineValues[i]); // [B]
    const divisors = s.divisors(scored, differences); // [B]
    const advantages = differences.map((difference, i) => orZero(difference / divisors[i])); // [B]
    return { advantages, metrics: scoreMetrics(scored, s.over) };
  };
  return b.memory ? Object.assign(estimate, { memory: b.memory }) : estimate;
}

/** What has no score, nothing to be compared with or no spread neither attracts nor repels. */
function orZero(advantage: number): number {
  return Number.isFinite(advantage) ? advantage : 0;
}
