import { perToken } from '../token-term.js';
import type { Surrogate } from '../types.js';

/**
 * The policy gradient itself: `ℓₜ = −Aₜ·log πₜ`.
 *
 * Williams 1992, https://doi.org/10.1007/BF00992696; GPG, https://arxiv.org/abs/2504.02546, uses it with
 * advantages of its own. Right for batches that the current weights sampled; nothing corrects an
 * older one. Its value says nothing, only its gradient does.
 *
 * @returns a surrogate: ℓ [B, T]
 */
export function reinforce(): Surrogate {
  return perToken((_, A, i, { logProbs }) => ({ loss: -A * logProbs[i], gradLogProb: -A }));
}
