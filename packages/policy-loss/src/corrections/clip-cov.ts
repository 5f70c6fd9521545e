import { covariances } from '../covariance.js';
import { clamp } from '../numbers.js';
import type { Correction, LossBatch } from '../types.js';

/** Options of `clipCov`. */
export interface ClipCovOptions {
  /** Share of unmasked tokens that are dropped, at least one; default 2e-4. */
  readonly fraction?: number;
  /** Covariances that are eligible: above least and below most; default 1 and 5. */
  readonly least?: number;
  readonly most?: number;
  /** Bounds of the clipped surrogate: tokens that it clips already are not eligible. Default 0.2. */
  readonly epsilon?: number;
  readonly epsilonHigh?: number;
  /** Changes which of the eligible tokens are drawn; default 0. */
  readonly seed?: number;
}

/**
 * Drops a random few of the tokens whose advantage and log-prob vary together strongly, which is where
 * entropy collapses: `κₜ = 0` for ⌊fraction·n⌋ tokens drawn from `least < covₜ < most`, else 1.
 *
 * Cui et al. 2025, Clip-Cov, https://arxiv.org/abs/2505.22617. Goes with `clipped`. The draw
 * depends on the seed, the positions and the old log-probs and on nothing else, so that a step that
 * is computed again drops the same tokens. κ is a constant.
 * Metric `clip_cov/dropped`: share of unmasked tokens.
 *
 * @returns κ [B, T]
 * @throws where fraction is outside (0, 1]
 */
export function clipCov({
  fraction = 2e-4,
  least = 1,
  most = 5,
  epsilon = 0.2,
  epsilonHigh = epsilon,
  seed = 0,
}: ClipCovOptions = {}): Correction {
  if (!(fraction > 0 && fraction <= 1)) {
    throw new Error(`clipCov: fraction needs a number in (0, 1], got ${fraction}. Use 2e-4.`);
  }
  const isClipped = ({ ratios, advantages }: LossBatch, i: number) => {
    const [w, A] = [ratios.values[i], advantages[i]];
    return clamp(w, 1 - epsilon, 1 + epsilonHigh) * A < w * A;
  };
  return (batch) => {
    const { mask, oldLogProbs } = batch;
    const covariance = covariances(batch); // [B, T]
    const eligible = [...mask.keys()].filter(
      (i) => mask[i] === 1 && covariance[i] > least && covariance[i] < most && !isClipped(batch, i),
    );
    const tokens = mask.reduce((sum, m) => sum + m, 0);
    const draws = eligible.map((i) => ({ i, at: hash(seed, i, oldLogProbs[i]) }));
    const dropped = draws
      .sort((a, b) => a.at - b.at || a.i - b.i)
      .slice(0, Math.max(Math.floor(fraction * tokens), 1));
    const weights = mask.map(() => 1); // [B, T]
    for (const { i } of dropped) weights[i] = 0;
    return { weights, metrics: { 'clip_cov/dropped': dropped.length / Math.max(tokens, 1) } };
  };
}

/** A number that looks random, from a seed, a position and the bits of a value. */
function hash(seed: number, position: number, value: number): number {
  const words = new Uint32Array(new Float64Array([seed, position, value]).buffer);
  let state = 0x811c9dc5;
  for (const word of words) {
    state = Math.imul(state ^ word, 0x85ebca6b);
    state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
    state ^= state >>> 16;
  }
  return state >>> 0;
}
