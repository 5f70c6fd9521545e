import { maskedMean, rowSums } from './numbers.js';
import type { LossBatch } from './types.js';

/** How often something holds: over the batch, and in the rows where it holds least and most. */
export interface Share {
  readonly mean: number;
  readonly min: number;
  readonly max: number;
}

/**
 * Measures how often a condition holds: over unmasked tokens, or over sequences where a sequence
 * shares one ratio. A row without unmasked tokens has no rate of its own, but is one of the sequences.
 */
export function shareOf(
  { ratios, advantages, mask, lengths, shape }: LossBatch,
  holds: (ratio: number, advantage: number) => boolean,
): Share {
  const isHeld = mask.map((m, i) => Number(m === 1 && holds(ratios.values[i], advantages[i]))); // [B, T]
  const rates = [...rowSums(isHeld, shape)].flatMap((held, b) =>
    lengths[b] > 0 ? [held / lengths[b]] : [],
  );
  const mean = ratios.isPerSequence
    ? rates.reduce((sum, rate) => sum + rate, 0) / Math.max(shape[0], 1)
    : maskedMean(isHeld, mask);
  return { mean, min: Math.min(1, ...rates), max: Math.max(0, ...rates) };
}
