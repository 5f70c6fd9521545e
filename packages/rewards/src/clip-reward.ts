import { callPart } from './check-result.js';
import type { Reward } from './types.js';

/**
 * Limits a reward to a range: min(max(r, low), high). Keeps its name and weight; the value before
 * is logged as the part `unclipped`.
 *
 * @throws RangeError if low > high
 * @example
 * clipReward(judge, { low: 0, high: 1 });
 */
export function clipReward(
  reward: Reward,
  { low = -Infinity, high = Infinity }: { readonly low?: number; readonly high?: number },
): Reward {
  if (!(low <= high)) {
    throw new RangeError(
      `clipReward: low must not exceed high, got low ${low} and high ${high}. Exchange them.`,
    );
  }
  return {
    ...reward,
    fn: async (episode, call) => {
      const { value: r, parts } = await callPart(reward, episode, call);
      const value = r === null ? null : Math.min(Math.max(r, low), high);
      return { value, parts: { ...parts, unclipped: r } };
    },
  };
}
