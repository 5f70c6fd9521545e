import { maskedMean } from './numbers.js';
import type { LossBatch } from './types.js';

/**
 * How advantage and log-prob vary together at each token: `(Aₜ − Ā)·(log πₜ − mean log π)`, means over
 * unmasked tokens.
 *
 * @returns [B, T], a constant for the gradient; meaningless at masked positions
 */
export function covariances({ advantages, logProbs, mask }: LossBatch): Float64Array {
  const meanAdvantage = maskedMean(advantages, mask);
  const meanLogProb = maskedMean(logProbs, mask);
  return advantages.map((A, i) => (A - meanAdvantage) * (logProbs[i] - meanLogProb));
}

/** The positions of the greatest values: a share of the unmasked tokens, rounded down, at least one. */
export function topPositions(
  { mask }: LossBatch,
  values: Float64Array,
  fraction: number,
): readonly number[] {
  const unmasked = [...mask.keys()].filter((i) => mask[i] === 1);
  const count = Math.max(1, Math.floor(unmasked.length * fraction));
  return unmasked.sort((i, j) => values[j] - values[i] || i - j).slice(0, count);
}
