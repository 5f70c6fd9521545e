/** The losses of the server, per token, with their slopes. */

export type LossName = 'cross_entropy' | 'importance_sampling' | 'ppo' | 'cispo';

export const LOSSES: readonly LossName[] = ['cross_entropy', 'importance_sampling', 'ppo', 'cispo'];

/** What a datum brings beside its tokens; missing weights are 1, missing advantages and log-probs 0. */
export interface LossInputs {
  readonly weights?: readonly number[] | undefined;
  readonly logprobs?: readonly number[] | undefined;
  readonly advantages?: readonly number[] | undefined;
}

export interface TokenLosses {
  /** [T] */
  readonly values: number[];
  /** [T] of each value in its own log-prob. */
  readonly slopes: number[];
  /** Σ w, what `skyrl-jax` divides by. */
  readonly weight: number;
}

const CLIP = { clip_low_threshold: 0.8, clip_high_threshold: 1.2 };

/**
 * r = exp(lp − logprobs), A = advantages, w = weights:
 *
 *     cross_entropy −w lp    importance_sampling −w r A    ppo −w min(r A, clip(r) A)    cispo −w clip(r) A lp
 *
 * @param logProbs [T]
 */
export function tokenLosses(
  name: LossName,
  logProbs: readonly number[],
  { weights, logprobs, advantages }: LossInputs,
  config: Readonly<Record<string, number>> = {},
): TokenLosses {
  const { clip_low_threshold: low, clip_high_threshold: high } = { ...CLIP, ...config };
  const values: number[] = [];
  const slopes: number[] = [];
  let total = 0;
  for (const [t, lp] of logProbs.entries()) {
    const w = weights?.[t] ?? 1;
    const a = advantages?.[t] ?? 0;
    const r = Math.exp(lp - (logprobs?.[t] ?? 0));
    const clipped = Math.min(high, Math.max(low, r));
    const isClipped = clipped * a < r * a;
    const [value, slope] = {
      cross_entropy: [-w * lp, -w],
      importance_sampling: [-w * r * a, -w * r * a],
      ppo: isClipped ? [-w * clipped * a, 0] : [-w * r * a, -w * r * a],
      cispo: [-w * clipped * a * lp, -w * clipped * a],
    }[name];
    values.push(value);
    slopes.push(slope);
    total += w;
  }
  return { values, slopes, weight: total };
}
