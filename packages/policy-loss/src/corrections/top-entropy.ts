import type { Correction, LossBatch } from '../types.js';

/** Options of `topEntropy`. */
export interface TopEntropyOptions {
  /** Share of unmasked tokens that are trained: those of highest entropy. Default 0.2. */
  readonly fraction?: number;
}

/**
 * Trains only the undecided tokens: `κₜ = [Hₜ ≥ quantile(H, 1 − ρ)]`.
 *
 * Wang et al. 2025, Beyond the 80/20 Rule, https://arxiv.org/abs/2506.01939. The quantile is
 * over the unmasked tokens of this batch, interpolated linearly; tokens that tie with it are trained.
 * κ is a constant.
 *
 * @returns κ [B, T]
 * @throws where fraction is outside (0, 1]; the correction throws where the batch has no `entropies`
 */
export function topEntropy({ fraction = 0.2 }: TopEntropyOptions = {}): Correction {
  if (!(fraction > 0 && fraction <= 1)) {
    throw new Error(`topEntropy: fraction needs a number in (0, 1], got ${fraction}. Use 0.2.`);
  }
  return (batch) => ({ weights: topEntropyMask(batch, fraction) });
}

/** [B, T] 1 where a token is among the given share of highest entropy. */
export function topEntropyMask(
  { entropies, mask }: Pick<LossBatch, 'entropies' | 'mask'>,
  fraction: number,
): Float64Array {
  if (!entropies) {
    throw new Error(
      'topEntropy: a selection by entropy needs entropies, got none. Ask the engine for them.',
    );
  }
  const threshold = quantile(
    entropies.filter((_, i) => mask[i] === 1),
    1 - fraction,
  );
  return mask.map((m, i) => Number(m === 1 && Math.fround(entropies[i]) >= threshold));
}

/**
 * The quantile by linear interpolation between neighbours, in single precision as PyTorch takes it,
 * so that tokens at the threshold fall on the same side.
 */
function quantile(values: Float64Array, q: number): number {
  const single = Math.fround;
  const sorted = values.slice().sort();
  const rank = single(single(q) * (sorted.length - 1));
  const below = Math.floor(rank);
  const [low, high] = [
    single(sorted[below]),
    single(sorted[Math.min(below + 1, sorted.length - 1)]),
  ];
  const share = single(rank - below);
  return share < 0.5
    ? single(low + single(share * single(high - low)))
    : single(high - single(single(high - low) * single(1 - share)));
}
