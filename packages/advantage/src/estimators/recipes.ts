import { groupRelative } from '../group-relative.js';
import type { StandardScalingOptions } from '../scalings.js';
import type { AdvantageEstimator } from '../types.js';

// Named estimators: each is one composition of a baseline and a scaling.

/**
 * GRPO: `(R − μ_group) / (σ_group + ε)`.
 *
 * Shao et al. 2024, DeepSeekMath, https://arxiv.org/abs/2402.03300.
 */
export function grpo(options: StandardScalingOptions = {}): AdvantageEstimator {
  return groupRelative({ scaling: { name: 'group-std', ...options } });
}

/**
 * Dr. GRPO: `R − μ_group`, without the deviation, which makes tasks that are nearly solved or nearly
 * hopeless weigh more.
 *
 * Liu et al. 2025, https://arxiv.org/abs/2503.20783.
 */
export function drGrpo(): AdvantageEstimator {
  return groupRelative({ scaling: 'none' });
}

/**
 * Lite PPO: `(R − μ_group) / (σ_batch + ε)`.
 *
 * Liu et al. 2025, Tricks or Traps, https://arxiv.org/abs/2508.08221.
 */
export function litePpo(options: StandardScalingOptions = {}): AdvantageEstimator {
  return groupRelative({ scaling: { name: 'batch-std', ...options } });
}

/** Options of `rloo`. */
export interface RlooOptions {
  /** Divide by the deviation of all advantages of the batch; default false. */
  readonly isNormalized?: boolean;
  /** Bounds of a completion's sum of rewards; default none. */
  readonly scoreRange?: readonly [least: number, most: number];
}

/**
 * RLOO: `R − mean of the others in the group`.
 *
 * Ahmadian et al. 2024, https://arxiv.org/abs/2402.14740. Pass the KL to the reference as `penalties`.
 */
export function rloo({ isNormalized = false, ...options }: RlooOptions = {}): AdvantageEstimator {
  const scaling = isNormalized ? 'difference-std' : 'none';
  return groupRelative({ baseline: 'leave-one-out', scaling, ...options });
}

/**
 * REINFORCE++: `(R − μ_batch) / (σ_batch + ε)`.
 *
 * Hu 2025, https://arxiv.org/abs/2501.03262. Its form per token, with the KL in the reward, is
 * `discountedReturns` followed by `whitenTokens`.
 */
export function reinforcePlusPlus(options: StandardScalingOptions = {}): AdvantageEstimator {
  return groupRelative({ baseline: 'global-mean', scaling: { name: 'batch-std', ...options } });
}

/**
 * REINFORCE++ with a group baseline: `(R − μ_group) / (σ of these differences over the batch + ε)`.
 *
 * Hu 2025, https://arxiv.org/abs/2501.03262.
 */
export function reinforcePlusPlusBaseline(
  options: StandardScalingOptions = {},
): AdvantageEstimator {
  return groupRelative({ scaling: { name: 'difference-std', ...options } });
}

/**
 * ReMax: `R − R(greedy completion of the same task)`.
 *
 * Li et al. 2023, https://arxiv.org/abs/2310.10505.
 */
export function reMax(): AdvantageEstimator {
  return groupRelative({ baseline: 'greedy-rollout', scaling: 'none' });
}

/**
 * OPO: `R − mean of the group weighted by length`.
 *
 * Hao et al. 2025, https://arxiv.org/abs/2505.23585.
 */
export function opo(): AdvantageEstimator {
  return groupRelative({ baseline: 'length-weighted', scaling: 'none' });
}

/**
 * MaxRL: `(R − μ_group) / μ_group`, for rewards of 0 or more.
 *
 * Tajwar et al. 2026, https://arxiv.org/abs/2602.02710.
 */
export function maxRl(): AdvantageEstimator {
  return groupRelative({ scaling: 'group-mean' });
}

/** REINFORCE: the score itself. Williams 1992, https://doi.org/10.1007/BF00992696. */
export function reinforce(): AdvantageEstimator {
  return groupRelative({ baseline: 'none', scaling: 'none' });
}
