import { callPart } from './check-result.js';
import { type CountTokens, completionTokens } from './completion-tokens.js';
import type { Reward } from './types.js';

/** Options of `cosineLength`. */
export interface CosineLengthOptions {
  /** L_max, in tokens. */
  readonly maxLength: number;
  /** Reward of a right completion at length 0 and at L_max. Default `[1, 0.5]`. */
  readonly right?: readonly [shortest: number, longest: number];
  /** Reward of a wrong completion at length 0 and at L_max. Default `[-1, -0.5]`. */
  readonly wrong?: readonly [shortest: number, longest: number];
  /** Counts the tokens of a completion. Default: the episode's own count. */
  readonly count?: CountTokens;
}

/**
 * Rewards right answers more the shorter, and wrong answers less the shorter, along a cosine. With L
 * the length in tokens, and the ends of the scale v₀ at length 0 and v₁ at L_max:
 *
 *     r = v₁ + ½ (v₀ − v₁) (1 + cos(π · min(L / L_max, 1)))
 *
 * "Demystifying Long Chain-of-Thought Reasoning in LLMs", Yeo et al. 2025,
 * https://arxiv.org/abs/2502.03373. Departure: beyond L_max the reward stays at v₁ (as in TRL); the
 * paper gives a penalty there, for which `softOverlong` can stand beside.
 *
 * @param correctness says whether a completion is right: where its value is at least 1; where it
 * does not apply, neither does this reward
 * @throws RangeError unless maxLength is positive; the reward throws if there is no count of tokens
 * @example
 * cosineLength(numericAnswer(), { maxLength: 100 }); // 50 tokens give 0.75 if right, else -0.75
 */
export function cosineLength(
  correctness: Reward,
  {
    maxLength,
    right = [1, 0.5],
    wrong = [-1, -0.5],
    count = completionTokens('cosineLength'),
  }: CosineLengthOptions,
): Reward {
  if (!(maxLength > 0 && maxLength < Infinity)) {
    throw new RangeError(
      `cosineLength: maxLength must be a positive number of tokens, got ${maxLength}. ` +
        'Give the limit of length that completions have.',
    );
  }
  return {
    name: 'cosineLength',
    fn: async (episode, call) => {
      const { value: correct } = await callPart(correctness, episode, call);
      if (correct === null) return null;
      const [v0, v1] = correct >= 1 ? right : wrong;
      const share = Math.min(count(episode) / maxLength, 1);
      return v1 + 0.5 * (v0 - v1) * (1 + Math.cos(Math.PI * share));
    },
  };
}
