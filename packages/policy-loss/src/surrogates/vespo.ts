import { clamp, maskedMean } from '../numbers.js';
import { corrections } from '../registries.js';
import type { Named } from '../registry.js';
import { throughRatios } from '../token-term.js';
import type { Correction, LossBatch, Surrogate } from '../types.js';

/** Shape of the weight in `vespo`. */
export interface VespoOptions {
  /** k and λ where the advantage is 0 or more; default 2 and 3. */
  readonly kPositive?: number;
  readonly lambdaPositive?: number;
  /** k and λ where the advantage is negative; default 3 and 2. */
  readonly kNegative?: number;
  readonly lambdaNegative?: number;
  /** Weights of the sampler's mismatch, which belong inside W here. Default none. */
  readonly samplerCorrection?: Correction | Named | undefined;
}

/** A log-weight beyond e^20 or below 1e-8 is no longer told apart. */
const MOST = 20;
const LEAST = Math.log(1e-8);
const LEAST_LAMBDA = 1e-4;

/**
 * Reshapes the whole sequence's importance weight W by a gamma-shaped kernel, without normalising by
 * length:
 *
 *     log W = Σₜ log wₜ (+ Σₜ log ρₜ)        φ = W^k · e^(λ·(1 − W))        ℓₜ = −sg(φ)·Aₜ·log πₜ
 *
 * VESPO, https://arxiv.org/abs/2602.10693; bounds, defaults and the sign rule are TRL's: each log wₜ is
 * clamped to ±20, each log ρₜ and log W to [log 1e-8, 20], λ to at least 1e-4, and a φ that is not
 * finite is 0. φ is 1 at W = 1.
 * Metric `vespo/phi_seq_mean`: mean of φ over sequences.
 *
 * @returns a surrogate: ℓ [B, T]; log π receives gradient, φ does not
 */
export function vespo({
  kPositive = 2,
  lambdaPositive = 3,
  kNegative = 3,
  lambdaNegative = 2,
  samplerCorrection,
}: VespoOptions = {}): Surrogate {
  const correct =
    samplerCorrection === undefined ? undefined : corrections.resolve(samplerCorrection);

  const kernel = (logW: number, A: number) => {
    const k = A >= 0 ? kPositive : kNegative;
    const lambda = Math.max(A >= 0 ? lambdaPositive : lambdaNegative, LEAST_LAMBDA);
    const phi = Math.exp(lambda + k * logW - lambda * Math.exp(logW));
    return Number.isFinite(phi) ? phi : 0;
  };

  return (batch) => {
    const { mask, advantages, sequenceAdvantages, logProbs, shape } = batch;
    const [B, T] = shape;
    const correction = correct?.(batch);
    const logW = sequenceLogWeights(batch, correction?.weights); // [B]
    const phi = mask.map((_, i) => kernel(logW[Math.floor(i / T)], advantages[i])); // [B, T]
    const weights = phi.map((value, i) => -value * advantages[i]); // [B, T]
    const losses = weights.map((weight, i) => weight * logProbs[i]); // [B, T]
    const meanPhi = sequenceAdvantages
      ? logW.reduce((sum, w, b) => sum + kernel(w, sequenceAdvantages[b]), 0) / Math.max(B, 1)
      : maskedMean(phi, mask);
    return throughRatios(batch, losses, new Float64Array(mask.length), weights, {
      ...correction?.metrics,
      'vespo/phi_seq_mean': meanPhi,
    });
  };
}

/** The clamped sum of each sequence's log-ratios, and of its log sampler weights ρ [B, T]. */
function sequenceLogWeights(
  { logRatios, mask, shape: [B, T] }: LossBatch,
  samplerWeights: Float64Array | undefined,
): Float64Array {
  const sums = new Float64Array(B); // [B]
  for (let i = 0; i < mask.length; i++) {
    if (mask[i] === 0) continue;
    const rho = samplerWeights ? clamp(Math.log(samplerWeights[i]), LEAST, MOST) : 0;
    sums[Math.floor(i / T)] += clamp(logRatios[i], -MOST, MOST) + rho;
  }
  return sums.map((sum) => clamp(sum, LEAST, MOST));
}
