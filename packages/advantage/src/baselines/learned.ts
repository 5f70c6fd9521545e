import type { Baseline } from '../types.js';
import { required } from './required.js';

/**
 * Compares a score with what a value function expects: `bᵢ = V(task of i)`.
 *
 * Sutton et al. 1999, https://papers.nips.cc/paper/1713. The values come with the batch, from
 * `@grpo/value` or elsewhere. They must have been made before the score was known.
 *
 * @throws the baseline throws where the batch has no `values`
 */
export function learned(): Baseline {
  return ({ batch }) => Float64Array.from(required(batch, 'values')); // [B]
}
