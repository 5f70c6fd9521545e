import { maskedMean } from '../numbers.js';
import { perToken } from '../token-term.js';
import type { LossBatch, Surrogate } from '../types.js';

/** Thresholds of `dppo`. */
export interface DppoOptions {
  /** How the token's two distributions are compared; default total variation. */
  readonly divergence?: 'tv' | 'kl';
  /** Greatest divergence downwards, for advantages of 0 or less; default 0.15 for tv, 0.05 for kl. */
  readonly threshold?: number;
  /** Greatest divergence upwards, for positive advantages; default threshold. */
  readonly thresholdHigh?: number;
  /** Greatest importance weight; large, so that it seldom bites. Default 20. */
  readonly ratioCap?: number;
}

/** Keeps log(1 − π) finite for a token that is all but certain; verl's. */
const EPSILON = 1e-8;

/**
 * Drops a token once its probability, not its ratio, has moved too far in its advantage's direction:
 *
 *     ℓₜ = −sg(min(wₜ, cap))·vₜ·Aₜ·log πₜ        vₜ ∈ {0, 1}
 *     A > 0: v = [π − π_old ≤ δ_high]            A ≤ 0: v = [π − π_old ≥ −δ]        (tv)
 *     A > 0: v = [D ≤ δ_high or π ≤ π_old]       A ≤ 0: v = [D ≤ δ or π ≥ π_old]    (kl)
 *     D = π_old·log(π_old/π) + (1 − π_old)·log((1 − π_old)/(1 − π))
 *
 * DPPO, https://arxiv.org/abs/2602.04879, with binary divergences of the sampled token against all
 * others. A rare token's ratio swings widely while its probability hardly moves: such tokens are kept.
 * Metric `dppo/masked`: share of tokens that were dropped.
 *
 * @returns a surrogate: ℓ [B, T]; log π receives gradient, w and v do not
 * @throws where a bound is not above 0
 */
export function dppo({
  divergence = 'tv',
  threshold = divergence === 'tv' ? 0.15 : 0.05,
  thresholdHigh = threshold,
  ratioCap = 20,
}: DppoOptions = {}): Surrogate {
  if (!(threshold > 0 && thresholdHigh > 0 && ratioCap > 0)) {
    throw new Error(
      `dppo: bounds need numbers above 0, got ${threshold}, ${thresholdHigh} and ${ratioCap}. Use 0.15, 0.15 and 20.`,
    );
  }
  const isValid = divergence === 'tv' ? withinTotalVariation : withinKl;
  const valid = (A: number, i: number, { logProbs, oldLogProbs }: LossBatch) =>
    isValid(Math.exp(logProbs[i]), Math.exp(oldLogProbs[i]), A, threshold, thresholdHigh);

  return perToken(
    (w, A, i, batch) => {
      if (!valid(A, i, batch)) return { loss: 0 };
      const weight = Math.min(w, ratioCap);
      return { loss: -weight * A * batch.logProbs[i], gradLogProb: -weight * A };
    },
    (batch) => {
      const isMasked = batch.advantages.map((A, i) => Number(!valid(A, i, batch)));
      return { 'dppo/masked': maskedMean(isMasked, batch.mask) };
    },
  );
}

function withinTotalVariation(p: number, old: number, A: number, low: number, high: number) {
  return A > 0 ? p - old <= high : p - old >= -low;
}

function withinKl(p: number, old: number, A: number, low: number, high: number) {
  const D = old * Math.log(old / p) + (1 - old) * Math.log((1 - old + EPSILON) / (1 - p + EPSILON));
  return A > 0 ? D <= high || p <= old : D <= low || p >= old;
}
