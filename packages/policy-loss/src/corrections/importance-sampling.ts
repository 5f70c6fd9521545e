import { boundedExp, clamp, rowSums } from '../numbers.js';
import type { Correction, LossBatch } from '../types.js';

/** Level, bounds and kind of an importance-sampling correction. */
export interface ImportanceSamplingOptions {
  /**
   * What is weighed: each `token`; the whole `sequence`, by the product of its tokens' ratios; or the
   * sequence by their `geometric` mean, which does not grow with its length. Default token.
   */
  readonly level?: 'token' | 'sequence' | 'geometric';
  /** Beyond a bound: `truncate` the weight to it, or `mask` the token or sequence. Default truncate. */
  readonly mode?: 'truncate' | 'mask';
  /** Greatest weight; default 3. */
  readonly max?: number;
  /** Least weight; default 0. */
  readonly min?: number;
  /** Use the weight, or only whether it is within bounds: 1 or 0. Default true. */
  readonly isWeighted?: boolean;
}

/**
 * Corrects for an engine that sampled with other probabilities than the trainer computes for the same
 * weights:
 *
 *     dₜ = log π_oldₜ − log π_samplerₜ
 *     ρ = exp(dₜ)  or  exp(Σₜ dₜ)  or  exp((1/|o|) Σₜ dₜ)        κ = clip(ρ, min, max)  or  ρ·[min ≤ ρ ≤ max]
 *
 * Truncated: Yao et al. 2025, https://fengyao.notion.site/off-policy-rl. Masked: Liu et al. 2025,
 * https://richardli.xyz/rl-collapse; at the sequence level with a maximum of 3 it is TRL's default.
 * A sequence's product strays with its length, so that long sequences are dropped first; the
 * geometric mean is free of that. A token that the sampler could not score has d = 0. κ is a constant.
 * A masked token keeps its place in the denominators of the reduction.
 *
 * Metrics, before bounds: `sampling/raw_ratio/{min,mean,max}`, `sampling/effective_sample_size`,
 * `(Σρ)²/(n·Σρ²)`, 1 where all weigh the same; after them `sampling/importance_sampling_ratio/{min,mean,max}`;
 * `sampling/sampling_logp_difference/{mean,max}`: |d| in nats, over tokens that the sampler scored.
 *
 * @returns κ [B, T]
 * @throws where max is not above min; the correction throws where the batch has no `samplerLogProbs`
 */
export function importanceSampling({
  level = 'token',
  mode = 'truncate',
  max = 3,
  min = 0,
  isWeighted = true,
}: ImportanceSamplingOptions = {}): Correction {
  if (!(max > min)) {
    throw new Error(
      `importanceSampling: max needs a number above min, got ${max} and ${min}. Swap them.`,
    );
  }
  const bound = (rho: number) => {
    if (mode === 'truncate') return clamp(rho, min, max);
    return rho >= min && rho <= max ? rho : 0;
  };
  const isWithin = (rho: number) => Number(rho >= min && rho <= max);

  return (batch) => {
    const { mask, shape } = batch;
    const [, T] = shape;
    const differences = logDifferences(batch); // [B, T], NaN where unknown
    const d = differences.map((value) => (Number.isNaN(value) ? 0 : value)); // [B, T]
    const raw =
      level === 'token'
        ? d.map((value) => boundedExp(value)) // [B, T]
        : sequenceRatios(batch, d, level); // [B]
    const bounded = raw.map(isWeighted ? bound : isWithin);
    const weights = mask.map((m, i) => {
      if (m === 0) return 0;
      return level === 'token' ? bounded[i] : bounded[Math.floor(i / T)];
    }); // [B, T]
    const counted = (ratios: Float64Array) =>
      level === 'token' ? ratios.filter((_, i) => mask[i] === 1) : ratios;
    return {
      weights,
      metrics: {
        ...describe('sampling/importance_sampling_ratio', counted(bounded)),
        ...describe('sampling/raw_ratio', counted(raw)),
        ...effectiveSampleSize(counted(raw)),
        ...differenceMetrics(differences, mask),
      },
    };
  };
}

/**
 * IcePop: token weights outside [0.5, 5] are masked, both ways.
 *
 * Ling team 2025, https://ringtech.notion.site/icepop.
 */
export function icePop({
  min = 0.5,
  max = 5,
}: {
  readonly min?: number;
  readonly max?: number;
} = {}): Correction {
  return importanceSampling({ level: 'token', mode: 'mask', min, max });
}

/** log π_old − log π_sampler at unmasked positions; NaN where the sampler could not score the token. */
function logDifferences({ oldLogProbs, samplerLogProbs, mask }: LossBatch): Float64Array {
  if (samplerLogProbs) {
    return oldLogProbs.map((old, i) => (mask[i] === 1 ? old - samplerLogProbs[i] : 0));
  }
  throw new Error(
    'importanceSampling: a correction for the sampler needs samplerLogProbs, got none. Pass what the sampler reported, or leave the correction out.',
  );
}

/** The product of each sequence's ratios, or their geometric mean, [B]. */
function sequenceRatios(
  { shape, lengths }: LossBatch,
  d: Float64Array,
  level: 'sequence' | 'geometric',
): Float64Array {
  return rowSums(d, shape).map((sum, b) =>
    boundedExp(level === 'geometric' ? sum / Math.max(lengths[b], 1) : sum),
  );
}

function describe(name: string, values: Float64Array): Record<string, number> {
  if (values.length === 0) return {};
  return {
    [`${name}/min`]: values.reduce((least, value) => Math.min(least, value), values[0]),
    [`${name}/mean`]: values.reduce((sum, value) => sum + value, 0) / values.length,
    [`${name}/max`]: values.reduce((most, value) => Math.max(most, value), values[0]),
  };
}

/** `(Σρ)² / (n·Σρ²)`: the share of the batch that equal weights would need for the same variance. */
function effectiveSampleSize(ratios: Float64Array): Record<string, number> {
  const sum = ratios.reduce((total, rho) => total + rho, 0);
  const squares = ratios.reduce((total, rho) => total + rho ** 2, 0);
  if (!(squares > 0)) return {};
  return { 'sampling/effective_sample_size': sum ** 2 / (ratios.length * squares) };
}

/** How far apart the two sets of log-probs are, over the tokens that the sampler scored. */
function differenceMetrics(differences: Float64Array, mask: Float64Array) {
  const known = differences
    .filter((value, i) => mask[i] === 1 && !Number.isNaN(value))
    .map((value) => Math.abs(value));
  if (known.length === 0) return {};
  return {
    'sampling/sampling_logp_difference/mean': known.reduce((sum, d) => sum + d, 0) / known.length,
    'sampling/sampling_logp_difference/max': known.reduce((most, d) => Math.max(most, d), 0),
  };
}
