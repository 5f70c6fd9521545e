import type { LossBatch, Surrogate, TokenTerm } from './types.js';

/** What a per-token surrogate says about one token. */
export interface TokenLoss {
  readonly loss: number;
  /** d loss / d ratio; default 0. */
  readonly gradRatio?: number;
  /** d loss / d logProb past the ratio; default 0. */
  readonly gradLogProb?: number;
}

/**
 * Lifts the formula of one token to a surrogate of a whole batch.
 *
 * @param formula the ratio and advantage of token i in; its loss and derivatives out
 * @param metrics computed from the batch, beside the loss
 * @example perToken((w, A) => ({ loss: -w * A, gradRatio: -A })) // importance-weighted REINFORCE
 */
export function perToken(
  formula: (ratio: number, advantage: number, i: number, batch: LossBatch) => TokenLoss,
  metrics?: (batch: LossBatch) => Readonly<Record<string, number>>,
): Surrogate {
  return (batch) => {
    const { ratios, advantages, mask } = batch;
    const values = new Float64Array(mask.length); // [B, T]
    const gradRatios = new Float64Array(mask.length); // [B, T]
    const gradLogProbs = new Float64Array(mask.length); // [B, T]
    for (let i = 0; i < mask.length; i++) {
      if (mask[i] === 0) continue;
      const token = formula(ratios.values[i], advantages[i], i, batch);
      values[i] = token.loss;
      gradRatios[i] = token.gradRatio ?? 0;
      gradLogProbs[i] = token.gradLogProb ?? 0;
    }
    return throughRatios(batch, values, gradRatios, gradLogProbs, metrics?.(batch));
  };
}

/** A token term whose values depend on the log-probs through the ratios and directly. */
export function throughRatios(
  { ratios }: LossBatch,
  values: Float64Array,
  gradRatios: Float64Array,
  gradLogProbs: Float64Array,
  metrics: Readonly<Record<string, number>> = {},
): TokenTerm {
  return {
    values,
    metrics,
    backward: (grad) => {
      const throughRatio = ratios.backward(grad.map((g, i) => g * gradRatios[i])); // [B, T]
      return throughRatio.map((g, i) => g + grad[i] * gradLogProbs[i]); // [B, T]
    },
  };
}
