import { boundedExp, clamp, rowSums } from '../numbers.js';
import type { Surrogate } from '../types.js';

/** Bounds of `gmpo`. */
export interface GmpoOptions {
  /** Bound of a token's log-ratio from below, for negative advantages, in nats; default 0.4. */
  readonly epsilon?: number;
  /** Bound from above, for positive advantages, in nats; default epsilon. */
  readonly epsilonHigh?: number;
}

/**
 * Maximises the geometric mean of the tokens' ratios, clipped token by token in log space:
 *
 *     w̄ = exp((1/|o|) Σₜ dₜ)        ℓ = −w̄·A
 *     dₜ = min(log wₜ, ε_high) if A > 0, else max(log wₜ, −ε)
 *
 * Zhao et al. 2025, GMPO, https://arxiv.org/abs/2507.20673. Wide bounds are harmless, since
 * an outlier counts only 1/|o|. A is the mean advantage of the sequence's tokens. Every token of a
 * sequence carries ℓ: reduce with `sequence-mean`.
 * Metrics: `clip_ratio/low_mean` and `clip_ratio/high_mean`, shares of tokens that were clipped.
 *
 * @returns a surrogate: ℓ [B, T]
 * @throws where a bound is not above 0
 */
export function gmpo({ epsilon = 0.4, epsilonHigh = epsilon }: GmpoOptions = {}): Surrogate {
  if (!(epsilon > 0 && epsilonHigh > 0)) {
    throw new Error(
      `gmpo: bounds need numbers above 0, got ${epsilon} and ${epsilonHigh}. Use 0.4.`,
    );
  }
  return ({ logRatios, advantages, mask, lengths, shape }) => {
    const [, T] = shape;
    const A = rowSums(advantages, shape).map((sum, b) => sum / Math.max(lengths[b], 1)); // [B]
    const row = (i: number) => Math.floor(i / T);
    const d = logRatios.map((logRatio, i) => {
      if (A[row(i)] > 0) return Math.min(logRatio, epsilonHigh);
      return A[row(i)] < 0 ? Math.max(logRatio, -epsilon) : clamp(logRatio, -epsilon, epsilonHigh);
    }); // [B, T]
    const means = rowSums(d, shape).map((sum, b) => sum / Math.max(lengths[b], 1)); // [B]
    const w = means.map((mean) => boundedExp(mean)); // [B]
    const isClipped = d.map((value, i) => Number(value !== logRatios[i])); // [B, T]
    const tokens = Math.max(
      mask.reduce((sum, m) => sum + m, 0),
      1,
    );
    const share = (sign: number) =>
      isClipped.reduce((sum, c, i) => sum + (Math.sign(A[row(i)]) === sign ? c : 0), 0) / tokens;
    return {
      values: mask.map((_, i) => -w[row(i)] * A[row(i)]), // [B, T]
      backward: (grad) => {
        const sums = rowSums(grad, shape); // [B]
        return grad.map((_, i) => {
          const b = row(i);
          const slope = isClipped[i] === 1 ? 0 : w[b] / Math.max(lengths[b], 1);
          return -sums[b] * A[b] * slope;
        }); // [B, T]
      },
      metrics: { 'clip_ratio/low_mean': share(-1), 'clip_ratio/high_mean': share(1) },
    };
  };
}
