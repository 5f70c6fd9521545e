import { maskedMean } from './numbers.js';
import { klEstimators, resolveController } from './registries.js';
import type { Named } from './registry.js';
import { throughRatios } from './token-term.js';
import type { Controller, KlEstimator, KlPenalty } from './types.js';

/** Weight and estimator of `klPenalty`. */
export interface KlPenaltyOptions {
  /** Weight β of the KL, or a controller that changes it from step to step. */
  readonly coefficient: number | Controller | Named;
  /** How the KL of a token is estimated; default k3. */
  readonly estimator?: KlEstimator | Named | undefined;
  /** Multiply the estimate by the ratio w, gradient included. Default true. */
  readonly isImportanceWeighted?: boolean | undefined;
}

/**
 * Pulls the policy towards the reference: `β·kₜ`, or `β·wₜ·kₜ` with the importance weight.
 *
 * The weight makes both the value and the gradient unbiased for the current policy although the old
 * one sampled the tokens: DeepSeek-V3.2, https://arxiv.org/abs/2512.02556.
 *
 * Corrections do not touch this term: a sequence whose surrogate is dropped is still pulled.
 * Metric `kl`: mean of the estimate per unmasked token, in nats, weight included, without β.
 *
 * @throws where the batch has no `refLogProbs`
 */
export function klPenalty({
  coefficient,
  estimator = 'k3',
  isImportanceWeighted = true,
}: KlPenaltyOptions): KlPenalty {
  const k = klEstimators.resolve(estimator);
  const controller = resolveController(coefficient);
  const penalty: KlPenalty = (batch) => {
    const { logProbs, refLogProbs, ratios, mask } = batch;
    if (!refLogProbs) {
      throw new Error(
        'klPenalty: a KL term needs refLogProbs, got none. Pass the log-probs of the reference model, or set the coefficient to 0.',
      );
    }
    const beta = controller.value;
    const kl = new Float64Array(mask.length); // [B, T]
    const gradRatios = new Float64Array(mask.length); // [B, T]
    const gradLogProbs = new Float64Array(mask.length); // [B, T]
    for (let i = 0; i < mask.length; i++) {
      if (mask[i] === 0) continue;
      const { value, derivative } = k(logProbs[i], refLogProbs[i]);
      const w = isImportanceWeighted ? ratios.values[i] : 1;
      kl[i] = w * value;
      gradRatios[i] = isImportanceWeighted ? beta * value : 0;
      gradLogProbs[i] = beta * w * derivative;
    }
    const values = kl.map((value) => beta * value); // [B, T]
    const metrics = { kl: maskedMean(kl, mask) };
    return throughRatios(batch, values, gradRatios, gradLogProbs, metrics);
  };
  return typeof coefficient === 'number'
    ? penalty
    : Object.assign(penalty, { controllers: [controller] });
}
