import { maskedMean, rowSums } from '../numbers.js';
import type { Correction } from '../types.js';

/** Options of `offPolicyMask`. */
export interface OffPolicyMaskOptions {
  /** Greatest mean distance of a sequence from the current policy, in nats per token; default 0.1. */
  readonly threshold?: number;
}

/**
 * Drops sequences that are bad and far off: from them the policy would only learn to avoid what it no
 * longer does.
 *
 *     κₜ = [Aₜ ≥ 0 or (1/|o|) Σₜ (log π_behaviourₜ − log πₜ) ≤ δ]
 *
 * Off-policy sequence masking: DeepSeek-V3.2, equation 9, https://arxiv.org/abs/2512.02556. Behaviour is
 * the sampler where its log-probs are known, else the old policy; a token that the sampler could not
 * score counts 0. κ is a constant.
 * Metric `off_policy_mask/dropped`: share of unmasked tokens.
 *
 * @returns κ [B, T]
 */
export function offPolicyMask({ threshold = 0.1 }: OffPolicyMaskOptions = {}): Correction {
  return ({ logProbs, oldLogProbs, samplerLogProbs, advantages, mask, lengths, shape }) => {
    const [, T] = shape;
    const behaviour = samplerLogProbs ?? oldLogProbs;
    const differences = behaviour.map((value, i) => {
      const difference = mask[i] === 1 ? value - logProbs[i] : 0;
      return Number.isNaN(difference) ? 0 : difference;
    }); // [B, T]
    const distances = rowSums(differences, shape).map((sum, b) => sum / Math.max(lengths[b], 1)); // [B]
    const weights = advantages.map((A, i) =>
      Number(A >= 0 || distances[Math.floor(i / T)] <= threshold),
    ); // [B, T]
    const dropped = weights.map((weight) => 1 - weight);
    return { weights, metrics: { 'off_policy_mask/dropped': maskedMean(dropped, mask) } };
  };
}
