import type { Baseline } from '../types.js';
import { required } from './required.js';

/**
 * Compares a score with that of the greedy completion of the same task: `bᵢ = R(greedy)`.
 *
 * Li et al. 2023, ReMax, algorithm 1, https://arxiv.org/abs/2310.10505. A lone score has a baseline
 * too, so that groups of one can be trained.
 *
 * @throws the baseline throws where the batch has no `greedyScores`
 */
export function greedyRollout(): Baseline {
  return ({ batch }) => Float64Array.from(required(batch, 'greedyScores')); // [B]
}
