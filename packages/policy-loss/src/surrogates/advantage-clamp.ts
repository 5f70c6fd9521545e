import { clamp } from '../numbers.js';
import { perToken } from '../token-term.js';
import type { Surrogate } from '../types.js';

/**
 * Clamps the advantage, not the ratio: `ℓₜ = max(A·nll, clamp(A, −ε, ε)·nll)`, `nll = −log πₜ`.
 *
 * A loss found in the wild under the name of PPO clipping. It is REINFORCE with negative advantages cut
 * off at −ε: for A > ε the maximum selects the unclamped A, for A < −ε the clamped one. No ratio
 * appears, so that nothing limits how far repeated steps move the policy. It is here to be compared
 * with, and so that such a configuration can be reproduced; train with `clipped`.
 *
 * @param options.epsilon ε, in units of the advantage; default 0.2
 * @returns a surrogate: ℓ [B, T]
 * @throws where epsilon is negative
 */
export function advantageClamp({ epsilon = 0.2 }: { readonly epsilon?: number } = {}): Surrogate {
  if (!(epsilon >= 0)) {
    throw new Error(
      `advantageClamp: epsilon needs a number of 0 or more, got ${epsilon}. Use 0.2.`,
    );
  }
  return perToken((_, A, i, { logProbs }) => {
    const nll = -logProbs[i];
    const clamped = clamp(A, -epsilon, epsilon);
    const selected = A * nll >= clamped * nll ? A : clamped;
    return { loss: selected * nll, gradLogProb: -selected };
  });
}
