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
 * Zheng et al. 2025, GSPO-token, https://arxiv.org/abs/2507.18071: lets advantages
 * differ from token to token.
 */
export const sequenceTokenRatios: RatioLevel = (batch) => {
  const { values } = sequenceRatios(batch); // [B, T]
  return { values, isPerSequence: false, backward: (grad) => grad.map((g, i) => g * values[i]) };
};

/**
 * One ratio per sequence, against what its group's old policy expects of itself:
 *
 *     wᵢ = pᵢ / Ê[q]        Ê[q] = Σⱼ qⱼ² / Σⱼ qⱼ, over the group
 *
 * p and q are the geometric means of the tokens' probabilities under the current and the old weights.
 *
 * GEPO, https://arxiv.org/abs/2508.17850. The denominator is a constant, computed in log space. Sequences
 * without unmasked tokens stay out of it and have ratio 1. Groups must not be split between batches.
 *
 * @throws where the batch has no `groupIds`
 */
export const groupRatios: RatioLevel = (batch) => {
  const { logProbs, oldLogProbs, lengths, shape, groupIds } = batch;
  if (!groupIds) {
    throw new Error(
      'groupRatios: a ratio against the group needs groupIds, got none. Pass the group of each sequence.',
    );
  }
  const means = (values: Float64Array) =>
    rowSums(values, shape).map((sum, b) => sum / Math.max(lengths[b], 1)); // [B]
  const logP = means(logProbs); // [B]
  const logQ = means(oldLogProbs); // [B]
  const members = (b: number) =>
    [...logQ].filter((_, j) => lengths[j] > 0 && groupIds[j] === groupIds[b]);
  const logExpected = logQ.map((_, b) => {
    const group = members(b);
    return logSumExp(group.map((q) => 2 * q)) - logSumExp(group);
  }); // [B]
  const exponents = logP.map((p, b) => (lengths[b] > 0 ? p - logExpected[b] : 0)); // [B]
  return shared(batch, exponents, (length) => 1 / Math.max(length, 1));
};

/** The exponential of a weighted sum of the sequence's log-ratios, the same for all its tokens. */
function sharedRatios(
  batch: Parameters<RatioLevel>[0],
  weightOf: (length: number) => number,
): Ratios {
  const { logRatios, lengths, shape } = batch;
  const exponents = rowSums(logRatios, shape).map((sum, b) => sum * weightOf(lengths[b])); // [B]
  return shared(batch, exponents, weightOf);
}

/** Ratios e^x, one per sequence, with `dx / d logProb = weight` at each of its tokens. */
function shared(
  { logRatios, lengths, shape }: Parameters<RatioLevel>[0],
  exponents: Float64Array,
  weightOf: (length: number) => number,
): Ratios {
  const [, T] = shape;
  const w = exponents.map((exponent) => boundedExp(exponent)); // [B]
  return {
    values: logRatios.map((_, i) => w[Math.floor(i / T)]), // [B, T]
    isPerSequence: true,
    backward: (grad) => {
      const sums = rowSums(grad, shape); // [B]
      return grad.map((_, i) => {
        const b = Math.floor(i / T);
        return sums[b] * slope(w[b], exponents[b]) * weightOf(lengths[b]);
      }); // [B, T]
    },
  };
}

/** The derivative of the bounded exponential. */
function slope(ratio: number, exponent: number): number {
  return Math.abs(exponent) <= LOG_LIMIT ? ratio : 0;
}

/** `log Σ e^x`, without overflow. */
function logSumExp(values: readonly number[]): number {
  const most = Math.max(...values);
  return most + Math.log(values.reduce((sum, value) => sum + Math.exp(value - most), 0));
}
