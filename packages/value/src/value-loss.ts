import type { Floats } from '@grpo/advantage';
import type { ValueTargets } from './types.js';

/** Options of `valueLoss`. */
export interface ValueLossOptions {
  /** ε, in the unit of the rewards. Default ∞, which makes the loss half the mean squared error. */
  readonly clipRange?: number;
  /** What the sum is divided by: the values of the whole optimizer step, where this is a part. Default N. */
  readonly count?: number;
}

/** What `valueLoss` returns. */
export interface ValueLoss {
  readonly loss: number;
  /** [N] ∂loss / ∂values. */
  readonly gradient: Float64Array;
  /** How many values the clip holds back. */
  readonly clipped: number;
}

/**
 * Computes the clipped value loss of PPO and its gradient, in float64:
 *
 *     V̄ᵢ = clip(Vᵢ, Vᵢ_old − ε, Vᵢ_old + ε)
 *     L  = 1/(2N) · Σᵢ max((Vᵢ − Rᵢ)², (V̄ᵢ − Rᵢ)²)
 *
 * The form of OpenAI's baselines (`ppo2`), which Engstrom et al. 2020 describe,
 * https://arxiv.org/abs/2005.12729; the PPO paper has the squared error alone.
 * With ε = ∞ it is half the mean squared error. Where the second term is the larger, V̄ᵢ is a constant
 * and the gradient is 0; at a tie the first counts, so that a value within the range is never held.
 *
 * @param values [N] V, of the current weights; receives gradient
 * @param targets returns R [N] and rollout-time values V_old [N]; constants
 * @returns loss, gradient [N], and the number of values whose second term is the larger; 0 for no values
 * @throws if lengths differ or ε is not above 0; numbers that are not finite give a loss that is not
 * @example valueLoss([1, 3], { returns: [0, 4], oldValues: [1, 2] }, { clipRange: 0.5 }).loss // 0.8125
 */
export function valueLoss(
  values: Floats,
  { returns, oldValues }: ValueTargets,
  { clipRange = Number.POSITIVE_INFINITY, count = values.length }: ValueLossOptions = {},
): ValueLoss {
  const N = values.length;
  if (returns.length !== N || oldValues.length !== N) {
    throw new Error(
      `valueLoss: needs returns and oldValues of shape [${N}], got [${returns.length}] and [${oldValues.length}]. Pass one of each per value.`,
    );
  }
  if (!(clipRange > 0)) {
    throw new Error(
      `valueLoss: clipRange needs a number above 0, got ${clipRange}. Leave it out for the squared error.`,
    );
  }
  const gradient = new Float64Array(N); // [N]
  let total = 0;
  let clipped = 0;
  for (let i = 0; i < N; i++) {
    const [V, R, old] = [values[i], returns[i], oldValues[i]];
    const bounded = Math.min(Math.max(V, old - clipRange), old + clipRange); // V̄
    const free = (V - R) ** 2;
    const held = (bounded - R) ** 2;
    total += Math.max(free, held);
    if (held > free) clipped += 1;
    else gradient[i] = (V - R) / count;
  }
  return { loss: total === 0 ? 0 : total / (2 * count), gradient, clipped };
}
