import { perToken } from '../token-term.js';
import type { Surrogate } from '../types.js';

/** Temperatures of `sapo`. */
export interface SapoOptions {
  /** τ where the advantage is positive; default 1. */
  readonly temperaturePositive?: number;
  /** τ elsewhere; greater, so that tokens which are pushed down lose their weight sooner. Default 1.05. */
  readonly temperatureNegative?: number;
}

/**
 * Replaces the clip by a soft gate around ratio 1:
 *
 *     ℓₜ = −(4/τ)·σ(τ·(wₜ − 1))·Aₜ        τ = τ₊ if Aₜ > 0, else τ₋
 *
 * Gao et al. 2025, SAPO, https://arxiv.org/abs/2511.20347. The gate's slope is 1 at ratio 1
 * and falls smoothly on both sides; no token is cut off.
 *
 * @returns a surrogate: ℓ [B, T]
 * @throws where a temperature is not above 0
 */
export function sapo({
  temperaturePositive = 1,
  temperatureNegative = 1.05,
}: SapoOptions = {}): Surrogate {
  if (!(temperaturePositive > 0 && temperatureNegative > 0)) {
    throw new Error(
      `sapo: temperatures need numbers above 0, got ${temperaturePositive} and ${temperatureNegative}. Use 1 and 1.05.`,
    );
  }
  return perToken((w, A) => {
    const tau = A > 0 ? temperaturePositive : temperatureNegative;
    const sigma = 1 / (1 + Math.exp(-tau * (w - 1)));
    return { loss: -(4 / tau) * sigma * A, gradRatio: -4 * sigma * (1 - sigma) * A };
  });
}
