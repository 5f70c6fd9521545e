import { maskedMean, rowSums } from './numbers.js';
import type { LossBatch } from './types.js';

/** How often something holds: over the batch, and in the sequences where it holds least and most. */
export interface Share {
  readonly mean: number;
  /** Absent where no sequence has an unmasked token. */
  readonly min?: number;
  readonly max?: number;
}

/**
 * Measures how often a condition holds: over unmasked tokens, or over sequences where a sequence
 * shares one ratio and one advantage. A sequence without unmasked tokens has no rate of its own, but
 * is one of the sequences, with ratio 1.
 */
export function shareOf(
  { ratios, advantages, sequenceAdvantages, mask, lengths, shape }: LossBatch,
  holds: (ratio: number, advantage: number) => boolean,
): Share {
  const [B, T] = shape;
  const isHeld = mask.map((m, i) => Number(m === 1 && holds(ratios.values[i], advantages[i]))); // [B, T]
  const rates = [...rowSums(isHeld, shape)].flatMap((held, b) =>
    lengths[b] > 0 ? [held / lengths[b]] : [],
  );
  const perSequence = (A: number, b: number) => Number(holds(ratios.values[b * T], A));
  const mean =
    ratios.isPerSequence && sequenceAdvantages
      ? sequenceAdvantages.map(perSequence).reduce((sum, held) => sum + held, 0) / Math.max(B, 1)
      : maskedMean(isHeld, mask);
  return rates.length === 0 ? { mean } : { mean, min: Math.min(...rates), max: Math.max(...rates) };
}
