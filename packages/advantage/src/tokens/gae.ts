import { checkShare, checkTokens, type Floats, type TokenLayout } from './token-batch.js';

export interface GaeInput extends TokenLayout {
  /**
   * [B, T] reward of each token. One at a masked position, where an environment answers, belongs to
   * the model's token before it.
   */
  readonly rewards: Floats;
  /** [B, T] value of the state before each token; masked positions are not read. */
  readonly values: Floats;
  /** [B] value of the state after the last token: 0 (default) where the episode ended, V where it was cut off. */
  readonly bootstrapValues?: Floats;
}

/** How far rewards and errors reach back; see `gae`. */
export interface GaeOptions {
  /** Discount γ from token to token; default 1. */
  readonly gamma?: number;
  /** λ: 0 trusts the values, 1 the rewards; one for all or [B]. Default 0.95. */
  readonly lambda?: number | Floats;
}

/** Advantages and returns per token, [B, T]; 0 at masked positions. */
export interface TokenAdvantages {
  readonly advantages: Float64Array;
  /** Advantage plus value: what a value function learns. */
  readonly returns: Float64Array;
}

/**
 * Estimates the advantage of each token from rewards and values, backwards over the model's tokens:
 *
 *     δₜ = rₜ + γ·Vₜ₊₁ − Vₜ        Aₜ = δₜ + γλ·Aₜ₊₁        Rₜ = Aₜ + Vₜ
 *
 * Schulman et al. 2016, equations 11 to 16, https://arxiv.org/abs/1506.02438. t + 1 is the next
 * unmasked token: tokens of tools and environments are skipped, value, discount and all, because the
 * model did not choose them.
 *
 * @param input rewards, values, mask [B, T], bootstrap values [B]
 * @returns advantages and returns [B, T]
 * @throws where shapes differ, a number at an unmasked position is not finite, or γ or λ is outside [0, 1]
 * @example gae({ rewards: [0, 1], values: [0.5, 0.5], mask: [1, 1], shape: [1, 2] }, { lambda: 1 }).advantages // [0.5, 0.5]
 */
export function gae(
  input: GaeInput,
  { gamma = 1, lambda = 0.95 }: GaeOptions = {},
): TokenAdvantages {
  const { rewards, values, mask, shape, bootstrapValues } = input;
  const [B, T] = shape;
  checkTokens('gae', input, { rewards, values });
  checkShare('gae', 'gamma', gamma);
  const lambdas = typeof lambda === 'number' ? new Float64Array(B).fill(lambda) : lambda; // [B]
  for (let b = 0; b < B; b++) checkShare('gae', 'lambda', lambdas[b]);
  if (bootstrapValues) checkBootstrap(bootstrapValues, B);

  const advantages = new Float64Array(B * T); // [B, T]
  const returns = new Float64Array(B * T); // [B, T]
  for (let b = 0; b < B; b++) {
    let nextValue = bootstrapValues?.[b] ?? 0;
    let nextAdvantage = 0;
    let answered = 0;
    for (let i = (b + 1) * T - 1; i >= b * T; i--) {
      if (mask[i] === 0) {
        answered += Number.isFinite(rewards[i]) ? rewards[i] : 0;
        continue;
      }
      const delta = rewards[i] + answered + gamma * nextValue - values[i];
      advantages[i] = delta + gamma * lambdas[b] * nextAdvantage;
      returns[i] = advantages[i] + values[i];
      [nextValue, nextAdvantage, answered] = [values[i], advantages[i], 0];
    }
  }
  return { advantages, returns };
}

function checkBootstrap(values: Floats, B: number): void {
  if (values.length !== B) {
    throw new Error(
      `gae: bootstrapValues needs shape [${B}], got [${values.length}]. Pass one per sequence.`,
    );
  }
  const wrong = Array.from(values).findIndex((value) => !Number.isFinite(value));
  if (wrong === -1) return;
  throw new Error(
    `gae: bootstrapValues needs finite numbers, got ${values[wrong]} at [${wrong}]. Use 0 where the episode ended.`,
  );
}

/**
 * Sums the rewards from each token on: `Rₜ = rₜ + γ·Rₜ₊₁`, which is GAE with λ = 1 and values of 0.
 *
 * @param input rewards, mask [B, T]
 * @returns returns [B, T]; 0 at masked positions
 * @example discountedReturns({ rewards: [0, 1], mask: [1, 1], shape: [1, 2] }, { gamma: 0.5 }) // [0.5, 1]
 */
export function discountedReturns(
  input: Omit<GaeInput, 'values' | 'bootstrapValues'>,
  { gamma = 1 }: { readonly gamma?: number } = {},
): Float64Array {
  const values = new Float64Array(input.rewards.length);
  return gae({ ...input, values }, { gamma, lambda: 1 }).returns;
}
