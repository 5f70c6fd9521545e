import { boundedExp, LOG_LIMIT, rowSums } from './numbers.js';
import type { RatioLevel, Ratios } from './types.js';

/**
 * One ratio per token: `wₜ = exp(log πₜ − log π_oldₜ)`.
 *
 * Schulman et al. 2017, PPO, section 3, https://arxiv.org/abs/1707.06347.
 */
export const tokenRatios: RatioLevel = ({ logRatios }) => {
  const w = logRatios.map((logRatio) => boundedExp(logRatio)); // [B, T]
  return {
    values: w,
    isPerSequence: false,
    backward: (grad) => grad.map((g, i) => g * slope(w[i], logRatios[i])), // [B, T]
  };
};

/**
 * One ratio per sequence, the geometric mean of its tokens' ratios:
 * `w = exp((1/|o|) Σₜ (log πₜ − log π_oldₜ))`.
 *
 * Zheng et al. 2025, GSPO, equation 7, https://arxiv.org/abs/2507.18071. A sequence without
 * unmasked tokens has ratio 1.
 */
export const sequenceRatios: RatioLevel = (batch) =>
  sharedRatios(batch, (length) => 1 / Math.max(length, 1));

/**
 * One ratio per sequence, the product of its tokens' ratios: `w = exp(Σₜ (log πₜ − log π_oldₜ))`.
 *
 * The probability ratio of whole completions, as RLOO uses it: Ahmadian et al. 2024,
 * https://arxiv.org/abs/2402.14740. Its spread grows with the length.
 */
export const productRatios: RatioLevel = (batch) => sharedRatios(batch, () => 1);

/**
 * The sequence's ratio in value, the token's own log-prob in gradient:
 * `wₜ = sg(w)·πₜ / sg(πₜ)`.
 *
 * Zheng et al. 2025, GSPO-token, equation 14, https://arxiv.org/abs/2507.18071: lets advantages
 * differ from token to token.
 */
export const sequenceTokenRatios: RatioLevel = (batch) => {
  const { values } = sequenceRatios(batch); // [B, T]
  return { values, isPerSequence: false, backward: (grad) => grad.map((g, i) => g * values[i]) };
};

/** The exponential of a weighted sum of the sequence's log-ratios, the same for all its tokens. */
function sharedRatios(
  { logRatios, lengths, shape }: Parameters<RatioLevel>[0],
  weightOf: (length: number) => number,
): Ratios {
  const [, T] = shape;
  const weights = lengths.map(weightOf); // [B]
  const exponents = rowSums(logRatios, shape).map((sum, b) => sum * weights[b]); // [B]
  const w = exponents.map((exponent) => boundedExp(exponent)); // [B]
  return {
    values: logRatios.map((_, i) => w[Math.floor(i / T)]), // [B, T]
    isPerSequence: true,
    backward: (grad) => {
      const gradSums = rowSums(grad, shape); // [B]
      return grad.map((_, i) => {
        const b = Math.floor(i / T);
        return gradSums[b] * slope(w[b], exponents[b]) * weights[b];
      }); // [B, T]
    },
  };
}

/** The derivative of the bounded exponential. */
function slope(ratio: number, exponent: number): number {
  return Math.abs(exponent) <= LOG_LIMIT ? ratio : 0;
}
