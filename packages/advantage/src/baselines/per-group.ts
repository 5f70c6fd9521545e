import { pick } from '../score.js';
import type { Baseline } from '../types.js';

/**
 * Lifts a function of one group's scores to a baseline of a whole batch.
 *
 * @param baseline scores [n] of one group in, one number for all of them or [n] numbers out;
 *   never called for a group without scores
 * @returns a baseline; NaN where a completion has no score
 * @example perGroup((scores) => Math.max(...scores)) // compares everyone with the group's best
 */
export function perGroup(
  baseline: (scores: readonly number[]) => number | ArrayLike<number>,
): Baseline {
  return ({ scores, groups }) => {
    const values = new Float64Array(scores.length).fill(Number.NaN); // [B]
    for (const members of groups) {
      if (members.length === 0) continue;
      const value = baseline(pick(scores, members));
      members.forEach((i, n) => {
        values[i] = typeof value === 'number' ? value : value[n];
      });
    }
    return values;
  };
}
