/**
 * Glossary (B completions, K reward functions; arrays over completions are in the batch's own order)
 * - Group: the completions of one task; identified by an id, never by position or text.
 * - Reward: what a completion earned; `null` or NaN means "not applicable".
 * - Score: the weighted sum of a completion's rewards, less penalties; NaN where every reward is not
 *   applicable.
 * - Baseline: what a score is compared with. Scaling: what the difference is divided by.
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
  /** [B] subtracted from each score, for a KL or length penalty in the reward; default 0. */
  readonly penalties?: readonly number[];
  /** [B] tokens that the model produced, for length-weighted baselines. */
  readonly lengths?: readonly number[];
  /** [B] score of the greedy completion of the same task, for the greedy-rollout baseline. */
  readonly greedyScores?: readonly number[];
  /** [B] score that a value function expects, for the learned baseline. */
  readonly values?: readonly number[];
  /** [B] squared norm of each completion's log-prob gradient, for the optimal baseline. */
  readonly gradientNorms?: readonly number[];
}

/** One advantage per completion, and statistics for logging. */
export interface Advantages {
  /** [B]; 0 for a completion that no reward function could score. */
  readonly advantages: Float64Array;
  readonly metrics: Readonly<Record<string, number>>;
}

/** Numbers that a part carries from step to step, for a checkpoint. */
export interface Memory {
  /** What a checkpoint keeps. */
  readonly save: () => Readonly<Record<string, number>>;
  /** Goes on from what `save` gave. */
  readonly load: (saved: Readonly<Record<string, number>>) => void;
}

/** Rewards of groups in, one advantage per completion out. */
export interface AdvantageEstimator {
  (batch: RewardBatch): Advantages;
  /** Present where a part of the estimator remembers earlier batches. */
  readonly memory?: Memory;
}

/** A batch whose rewards have been weighted, summed and sorted out by group. */
export interface ScoredBatch {
  readonly batch: RewardBatch;
  /** [B] weighted sum of the rewards; NaN where every reward is not applicable. */
  readonly rawScores: Float64Array;
  /** [B] raw scores after clipping, less penalties: what advantages are made of. */
  readonly scores: Float64Array;
  /** [P][n] indices of the members of each group that have a score; a group may be empty. */
  readonly groups: readonly (readonly number[])[];
  /** [B] position in `groups` of each completion's group. */
  readonly groupOf: Int32Array;
}

/** What each score is compared with, [B]; NaN = nothing to compare with, which gives advantage 0. */
export interface Baseline {
  (scored: ScoredBatch): Float64Array;
  readonly memory?: Memory;
}

/** What each difference `score - baseline` is divided by. */
export interface Scaling {
  /** The set whose spread counts for `frac_reward_zero_std`. */
  readonly over: 'group' | 'batch';
  /** [B] the divisors; NaN gives advantage 0. `differences` [B] holds score minus baseline. */
  readonly divisors: (scored: ScoredBatch, differences: Float64Array) => Float64Array;
}
