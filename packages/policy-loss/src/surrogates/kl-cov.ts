import { covariances, topPositions } from '../covariance.js';
import { perToken } from '../token-term.js';
import type { Surrogate } from '../types.js';

/** Options of `klCov`. */
export interface KlCovOptions {
  /** Share of unmasked tokens that are held back; default 2e-4, and at least one token. */
  readonly fraction?: number;
  /** Weight of their distance from the old policy; default 1. */
  readonly coefficient?: number;
}

/**
 * Holds back the few tokens whose advantage and log-prob vary together most, which is where entropy
 * collapses:
 *
 *     ℓₜ = −wₜ·Aₜ + c·|log wₜ|·[t among the top]        covₜ = (Aₜ − Ā)·(log πₜ − mean log π)
 *
 * Cui et al. 2025, KL-Cov, https://arxiv.org/abs/2505.22617. No token is clipped. The
 * selection is a constant.
 *
 * @returns a surrogate: ℓ [B, T]
 * @throws where fraction is not above 0 and at most 1
 */
export function klCov({ fraction = 2e-4, coefficient = 1 }: KlCovOptions = {}): Surrogate {
  if (!(fraction > 0 && fraction <= 1)) {
    throw new Error(`klCov: fraction needs a number in (0, 1], got ${fraction}. Use 2e-4.`);
  }
  return (batch) => {
    const selected = new Set(topPositions(batch, covariances(batch), fraction));
    const term = perToken((w, A, i, { logRatios }) => {
      const c = selected.has(i) ? coefficient : 0;
      return {
        loss: -w * A + c * Math.abs(logRatios[i]),
        gradRatio: -A,
        gradLogProb: c * Math.sign(logRatios[i]),
      };
    });
    return term(batch);
  };
}
