import { pick, scoredIndices } from './score.js';
import { mean, standardDeviation } from './statistics.js';
import type { Scaling } from './types.js';

/** How a standard deviation becomes a divisor. */
export interface StandardScalingOptions {
  /** Keeps the divisor away from 0, in the unit of the rewards; default 1e-4, as TRL. */
  readonly epsilon?: number;
  /**
   * Where epsilon stands: `added` σ + ε (default), `inside` √(σ² + ε), `floor` max(σ, ε).
   * Only `floor` leaves a spread above ε unchanged.
   */
  readonly epsilonPlacement?: 'added' | 'inside' | 'floor';
  /** Divide the squares by n − 1 (default) or, if false, by n. */
  readonly sample?: boolean;
}

/**
 * Divides by the standard deviation of the group's scores: `sᵢ = σ(R of i's group) + ε`.
 *
 * Shao et al. 2024, DeepSeekMath, section 4.1, https://arxiv.org/abs/2402.03300; the paper has no ε.
 * A lone score has no deviation: NaN, which gives advantage 0.
 */
export function groupStd(options: StandardScalingOptions = {}): Scaling {
  return {
    over: 'group',
    divisors: ({ scores, groups, groupOf }) => {
      const perGroup = groups.map((members) => divisor(pick(scores, members), options)); // [P]
      return Float64Array.from(groupOf, (p) => perGroup[p]); // [B]
    },
  };
}

/**
 * Divides by the standard deviation of all scores of the batch: `sᵢ = σ(R) + ε`.
 *
 * Liu et al. 2025, Tricks or Traps, https://arxiv.org/abs/2508.08221: steadier than the group's
 * deviation where a group is nearly uniform.
 */
export function batchStd(options: StandardScalingOptions = {}): Scaling {
  return {
    over: 'batch',
    divisors: (scored) => {
      const all = divisor(pick(scored.scores, scoredIndices(scored)), options);
      return new Float64Array(scored.scores.length).fill(all); // [B]
    },
  };
}

/**
 * Divides by the standard deviation of the differences of the batch: `sᵢ = σ(R − b) + ε`.
 *
 * Hu 2025, REINFORCE++, https://arxiv.org/abs/2501.03262. The differences are not centred
 * again; with a baseline whose differences have mean 0, such as the group mean, this whitens them.
 */
export function differenceStd(options: StandardScalingOptions = {}): Scaling {
  return {
    over: 'group',
    divisors: (_, differences) => {
      const known = [...differences].filter((difference) => !Number.isNaN(difference));
      return new Float64Array(differences.length).fill(divisor(known, options)); // [B]
    },
  };
}

/**
 * Divides by the mean of the group's scores: `sᵢ = μ(R of i's group)`.
 *
 * MaxRL, https://arxiv.org/abs/2602.02710: with a group-mean baseline and rewards of 0 and 1, the
 * gradient estimates that of the log of the success rate, so that rare successes weigh more.
 * A group whose mean is 0 has no scale: NaN, which gives advantage 0.
 *
 * @throws the scaling throws where a score is negative
 */
export function groupMeanScale(): Scaling {
  return {
    over: 'group',
    divisors: ({ scores, groups, groupOf }) => {
      const negative = scores.findIndex((score) => score < 0);
      if (negative !== -1) {
        throw new Error(
          `groupMeanScale: scores need to be 0 or more, got ${scores[negative]} at [${negative}]. Shift the rewards, or use group-std.`,
        );
      }
      const means = groups.map((members) => mean(pick(scores, members)) || Number.NaN); // [P]
      return Float64Array.from(groupOf, (p) => means[p]); // [B]
    },
  };
}

/** Leaves the differences as they are: `sᵢ = 1`. */
export function noScaling(): Scaling {
  return { over: 'group', divisors: ({ scores }) => new Float64Array(scores.length).fill(1) };
}

/** Turns the deviation of a set of values into what differences are divided by. */
export function divisor(
  values: readonly number[],
  { epsilon = 1e-4, epsilonPlacement = 'added', sample = true }: StandardScalingOptions,
): number {
  const deviation = standardDeviation(values, { sample });
  if (Number.isNaN(deviation)) return Number.NaN;
  if (epsilonPlacement === 'added') return deviation + epsilon;
  if (epsilonPlacement === 'inside') return Math.sqrt(deviation ** 2 + epsilon);
  return Math.max(deviation, epsilon);
}
