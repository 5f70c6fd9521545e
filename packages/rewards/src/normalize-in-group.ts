import { callPart } from './check-result.js';
import type { GroupReward, Reward } from './types.js';

/** Keeps a group whose rewards are almost equal from being blown up; below any difference that means something. */
const EPSILON = 1e-4;

/**
 * Normalises a reward within each group, so that rewards of different scales weigh the same:
 *
 *     r' = (r − mean) / (std + 1e-4)
 *
 * over the members to which it applies, std with n − 1. A group of equal rewards, or of one, gives 0. This is GDPO's
 * decoupled normalisation (https://arxiv.org/abs/2601.05242) for one reward; `@grpo/advantage` has it for all. Keeps name
 * and weight; the value before is logged as the part `raw`.
 *
 * @example
 * [normalizeInGroup(rouge()), normalizeInGroup(softOverlong({ maxLength: 512, cache: 64 }))];
 */
export function normalizeInGroup(reward: Reward): GroupReward {
  const { fn: _, ...named } = reward;
  return {
    ...named,
    groupFn: async (episodes, call) => {
      const results = await Promise.all(episodes.map((episode) => callPart(reward, episode, call)));
      const raw = results.flatMap(({ value }) => (value === null ? [] : [value]));
      const mean = raw.reduce((sum, r) => sum + r, 0) / raw.length;
      const square = raw.reduce((sum, r) => sum + (r - mean) ** 2, 0);
      const std = raw.length > 1 ? Math.sqrt(square / (raw.length - 1)) : 0;
      return results.map(({ value: r, parts }) => ({
        value: r === null ? null : (r - mean) / (std + EPSILON),
        parts: { ...parts, raw: r },
      }));
    },
  };
}
