import { maskedMean } from './numbers.js';
import { resolveController } from './registries.js';
import type { Named } from './registry.js';
import { throughRatios } from './token-term.js';
import type { Controller, KlPenalty } from './types.js';

/** Options of the full-distribution KL term. */
export interface DistributionKlOptions {
  /** Weight β of the KL, or a controller that changes it from step to step. */
  readonly coefficient: number | Controller | Named;
  /** Multiply by the ratio w, gradient included. Default true. */
  readonly isImportanceWeighted?: boolean | undefined;
}

/**
 * Pulls the policy towards the reference by the KL of the whole next-token distribution, `β·wₜ·KLₜ`,
 * `KLₜ = Σ_v π(v)·log(π(v)/π_ref(v))`: no estimate, no variance from the sampled token, and a pass over
 * the vocabulary that the engine has to make.
 *
 * The engine provides KLₜ [B, T] as `distributionKl` and backpropagates `gradDistributionKl`.
 * Metric `kl`: its mean per unmasked token, weight included, in nats.
 *
 * @throws where the batch has no `distributionKl`
 */
export function distributionKlPenalty({
  coefficient,
  isImportanceWeighted = true,
}: DistributionKlOptions): KlPenalty {
  const beta = resolveController(coefficient);
  const penalty: KlPenalty = (batch) => {
    const { distributionKl, ratios, mask } = batch;
    if (!distributionKl) {
      throw new Error(
        'distributionKlPenalty: this KL term needs distributionKl, got none. Ask the engine for it, or estimate the KL with klPenalty.',
      );
    }
    const b = beta.value;
    const weights = mask.map((_, i) => (isImportanceWeighted ? ratios.values[i] : 1)); // [B, T]
    const kl = distributionKl.map((value, i) => weights[i] * value); // [B, T]
    const values = kl.map((value) => b * value); // [B, T]
    const gradRatios = distributionKl.map((value) => (isImportanceWeighted ? b * value : 0)); // [B, T]
    const none = new Float64Array(mask.length); // [B, T]
    return {
      ...throughRatios(batch, values, gradRatios, none, { kl: maskedMean(kl, mask) }),
      backwardDistributionKl: (grad) => grad.map((g, i) => g * b * weights[i]), // [B, T]
    };
  };
  return Object.assign(penalty, {
    needsDistributionKl: true,
    ...(typeof coefficient !== 'number' && { controllers: [beta] }),
  });
}
