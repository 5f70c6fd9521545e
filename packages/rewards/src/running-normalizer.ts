import { callPart } from './check-result.js';
import type { Reward, RewardMemory } from './types.js';

/** How many rewards there were, their mean, and their squared distances from it. */
type RunningState = Readonly<Record<'count' | 'mean' | 'squares', number>>;

const EPSILON = 1e-8;

/**
 * Normalises a reward by all the values it has given so far, this one included (Welford 1962,
 * https://doi.org/10.1080/00401706.1962.10490022):
 *
 *     r' = (r − mean) / (std + 1e-8)
 *
 * with 0 for the first value. Values enter in the order in which the reward answers: of a reward that waits for
 * something, score one at a time (`concurrency: 1`) where a run must repeat exactly. Keeps name and weight; the value
 * before is logged as the part `raw`. What it remembers is in the trainer's checkpoints.
 *
 * @throws RangeError from `memory.load` for numbers that `memory.save` did not give
 * @example
 * train({ parts: { rewards: [runningNormalizer(judge)], … }, … });
 */
export function runningNormalizer(reward: Reward): Reward & { readonly memory: RewardMemory } {
  let state: RunningState = { count: 0, mean: 0, squares: 0 };
  return {
    ...reward,
    fn: async (episode, call) => {
      const { value: r, parts } = await callPart(reward, episode, call);
      if (r === null) return { value: null, parts: { ...parts, raw: null } };
      state = withValue(state, r);
      const { count, mean, squares } = state;
      const std = count > 1 ? Math.sqrt(squares / (count - 1)) : 0;
      return { value: (r - mean) / (std + EPSILON), parts: { ...parts, raw: r } };
    },
    memory: {
      save: () => state,
      load: (saved) => {
        const { count, mean, squares } = saved;
        if (!(Number.isInteger(count) && count >= 0 && Number.isFinite(mean) && squares >= 0)) {
          throw new RangeError(
            `runningNormalizer: needs count, mean and squares, got ${JSON.stringify(saved)}. Pass what save() gave.`,
          );
        }
        state = { count, mean, squares };
      },
    },
  };
}

function withValue({ count, mean, squares }: RunningState, r: number): RunningState {
  const moved = mean + (r - mean) / (count + 1);
  return { count: count + 1, mean: moved, squares: squares + (r - mean) * (r - moved) };
}
