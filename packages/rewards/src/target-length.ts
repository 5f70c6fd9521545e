import { type CountTokens, completionTokens } from './completion-tokens.js';
import type { Episode, Reward } from './types.js';

/** Options of `targetLength`. */
export interface TargetLengthOptions {
  /** n, in tokens: one for all, or the one that a row asks for. */
  readonly target: number | ((row: Episode['row']) => number);
  /** α, reward per token. Default 0.0003, as in the paper. */
  readonly alpha?: number;
  /** Counts the tokens of a completion. Default: the episode's own count. */
  readonly count?: CountTokens;
}

/**
 * Punishes the distance from a wanted length. With L the length in tokens:
 *
 *     r = −α · |n − L|
 *
 * "L1: Controlling How Long A Reasoning Model Thinks With Reinforcement Learning", Aggarwal and
 * Welleck 2025, https://arxiv.org/abs/2503.04697. Departure: the paper's other term, 1
 * for a right answer, is a reward of its own here (`numericAnswer`) and stands beside this one.
 *
 * @example
 * targetLength({ target: ({ tokens }) => Number(tokens) });
 */
export function targetLength({
  target,
  alpha = 0.0003,
  count = completionTokens('targetLength'),
}: TargetLengthOptions): Reward {
  return {
    name: 'targetLength',
    fn: (episode) => {
      const n = typeof target === 'function' ? target(episode.row) : target;
      return 0 - alpha * Math.abs(n - count(episode)); // 0 rather than −0 at the target
    },
  };
}
