import { maskedMean, rowSums } from './numbers.js';
import { prepare } from './prepare.js';
import { tokenRatios } from './ratios.js';
import { klEstimators } from './registries.js';
import type { Named } from './registry.js';
import type { Floats, KlEstimator, LossInput } from './types.js';

/** The log-probs of a sampled batch, before any step on it. */
export interface RewardKlInput extends Pick<LossInput, 'mask' | 'shape'> {
  /** [B, T] by the weights that sampled. */
  readonly oldLogProbs: Floats;
  /** [B, T] by the reference. */
  readonly refLogProbs: Floats;
}

/** KL to take off rewards, in nats. */
export interface RewardKl {
  /** [B, T]; 0 at masked positions. */
  readonly perToken: Float64Array;
  /** [B] sums over the tokens of each sequence. */
  readonly perSequence: Float64Array;
  readonly metrics: Readonly<Record<string, number>>;
}

/**
 * Measures how far a sampled batch is from the reference, for a KL term in the reward instead of the
 * loss: `kₜ(log π_oldₜ, log π_refₜ)` and its sums `Σₜ kₜ`.
 *
 * In the reward k1 is the right estimator: its expected gradient is that of the KL. Multiply by β and
 * take it off the score, or off the reward of each token. Metric `kl`: mean per unmasked token.
 *
 * @throws where shapes differ or a log-prob at an unmasked position is not finite
 * @example rewardKl({ oldLogProbs: [-1, -2], refLogProbs: [-1.5, -2], mask: [1, 1], shape: [1, 2] }).perSequence // [0.5]
 */
export function rewardKl(
  { oldLogProbs, refLogProbs, mask, shape }: RewardKlInput,
  { estimator = 'k1' }: { readonly estimator?: KlEstimator | Named } = {},
): RewardKl {
  const k = klEstimators.resolve(estimator);
  const advantages = new Float64Array(shape[0] * shape[1]);
  const batch = prepare(
    { logProbs: oldLogProbs, refLogProbs, advantages, mask, shape },
    tokenRatios,
  );
  const ref = batch.refLogProbs ?? batch.logProbs;
  const perToken = batch.mask.map((m, i) => (m === 1 ? k(batch.logProbs[i], ref[i]).value : 0)); // [B, T]
  return {
    perToken,
    perSequence: rowSums(perToken, shape),
    metrics: { kl: maskedMean(perToken, batch.mask) },
  };
}
