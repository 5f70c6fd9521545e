import type { Baseline } from '../types.js';

/**
 * Compares with nothing: `bᵢ = 0`, plain REINFORCE.
 *
 * Williams 1992, https://doi.org/10.1007/BF00992696. A lone score is its own advantage.
 */
export function noBaseline(): Baseline {
  return ({ scores }) => new Float64Array(scores.length); // [B]
}
