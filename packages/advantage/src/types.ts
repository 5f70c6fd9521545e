/**
 * Glossary
 * - Group: the completions of one task; identified by an id, never by position or text.
 * - Reward: what a completion earned; `null` or NaN means "not applicable".
 * - Baseline: what a reward is compared with. Scaling: what the difference is divided by.
 * - Advantage: how much better than its baseline a completion was; one number per completion.
 */

export type GroupId = string | number;

/** The rewards of B completions from K reward functions. */
export interface RewardBatch {
  /** [B][K] one row per completion, one entry per reward function; null or NaN = not applicable. */
  readonly rewards: readonly (readonly (number | null)[])[];
  /** [B] the group that each completion belongs to; any order, groups of any size. */
  readonly groupIds: readonly GroupId[];
  /** [K] weights of the reward functions; default all 1. */
  readonly weights?: readonly number[];
  /** [B] tokens that the model produced, for length-weighted baselines. */
  readonly lengths?: readonly number[];
}

/** One advantage per completion, and statistics for logging. */
export interface Advantages {
  /** [B]; 0 for a completion that no reward function could score. */
  readonly advantages: Float64Array;
  readonly metrics: Readonly<Record<string, number>>;
}

/** Rewards of groups in, one advantage per completion out. */
export type AdvantageEstimator = (batch: RewardBatch) => Advantages;
