import { gae, whitenTokens } from '@grpo/advantage';
import type { TokenAdvantageEstimator } from './types.js';

export interface GaeEstimatorOptions {
  /** Discount γ from token to token. Default 1. */
  readonly gamma?: number;
  /** λ of the advantages: 0 trusts the critic, 1 the rewards. Default 0.95. */
  readonly lambda?: number;
  /** λ of the returns that the critic learns. Default 1: the rewards that came, free of its own errors. */
  readonly valueLambda?: number;
  /** Put the critic's value after the end of an episode that was cut off. Default false: nothing comes after it. */
  readonly isCutOffBootstrapped?: boolean;
  /** Whiten the advantages over all tokens of the step. Default true. */
  readonly isWhitened?: boolean;
}

/**
 * Advantages per token as PPO for language models has them:
 *
 *     Aₜ = Σₗ (γλ)ˡ·δₜ₊ₗ      Rₜ = Vₜ + Σₗ (γλ_V)ˡ·δₜ₊ₗ      δₜ = rₜ + γ·Vₜ₊₁ − Vₜ
 *
 * and A whitened over the step. Schulman et al. 2016, https://arxiv.org/abs/1506.02438; two λ as in Yuan
 * et al. 2025, https://arxiv.org/abs/2503.01491. The sums are those of `gae` in `@grpo/advantage`.
 *
 * A cut-off episode: where rewards come on the way, running out of time is no outcome, and the value of what would
 * have followed belongs to the return (Pardo et al. 2018, https://arxiv.org/abs/1712.00378): then bootstrap. A reward
 * function judges an episode as it stands, cut off or not: to bootstrap as well would count twice, and where most
 * episodes are cut off, with γ = 1, values would grow without end.
 *
 * @returns an estimator: rewards and values [B, T] in; advantages [B, T] and returns [B, T] out
 * @example gaeEstimator({ lambda: 1 })
 */
export function gaeEstimator({
  gamma = 1,
  lambda = 0.95,
  valueLambda = 1,
  isCutOffBootstrapped = false,
  isWhitened = true,
}: GaeEstimatorOptions = {}): TokenAdvantageEstimator {
  return {
    perToken: ({ bootstrapValues, ...ended }) => {
      const input = isCutOffBootstrapped && bootstrapValues ? { ...ended, bootstrapValues } : ended;
      const { advantages } = gae(input, { gamma, lambda }); // [B, T]
      const { returns } = gae(input, { gamma, lambda: valueLambda }); // [B, T]
      return { advantages: isWhitened ? whitenTokens(advantages, input) : advantages, returns };
    },
  };
}
