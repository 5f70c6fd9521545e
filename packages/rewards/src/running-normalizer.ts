import { callPart } from './check-result.js';
import type { Reward } from './types.js';

/** What a running normaliser remembers: how many rewards, their mean, and their squared distances from it. */
export interface RunningState {
  readonly count: number;
  readonly mean: number;
  readonly squares: number;
}

/** A reward whose scale is learned on the way, and its memory, for a checkpoint. */
export interface RunningNormalizer {
  readonly reward: Reward;
  state(): RunningState;
  restore(state: RunningState): void;
}

const EPSILON = 1e-8;

/**
 * Normalises a reward by all the values it has given so far, this one included (Welford 1962,
 * https://doi.org/10.1080/00401706.1962.10490022):
 *
 *     r' = (r − mean) / (std + 1e-8)
 *
 * with 0 for the first value. Values enter in the order in which the reward answers: of a reward that waits for
 * something, score one at a time (`concurrency: 1`) where a run must repeat exactly. Keeps name and weight; the value
 * before is logged as the part `raw`.
 *
 * @returns the reward, and its state to save and restore
 * @throws RangeError from `restore` for a state that is none
 * @example
 * const scaled = runningNormalizer(judge);
 * // rewards: [scaled.reward], and with each checkpoint: scaled.state()
 */
export function runningNormalizer(reward: Reward): RunningNormalizer {
  let memory: RunningState = { count: 0, mean: 0, squares: 0 };
  return {
    reward: {
      ...reward,
      fn: async (episode, call) => {
        const { value: r, parts } = await callPart(reward, episode, call);
        if (r === null) return { value: null, parts: { ...parts, raw: null } };
        memory = withValue(memory, r);
        const { count, mean, squares } = memory;
        const std = count > 1 ? Math.sqrt(squares / (count - 1)) : 0;
        return { value: (r - mean) / (std + EPSILON), parts: { ...parts, raw: r } };
      },
    },
    state: () => memory,
    restore: (state) => {
      const { count, mean, squares } = state;
      if (Number.isInteger(count) && count >= 0 && Number.isFinite(mean) && squares >= 0) {
        memory = { count, mean, squares };
        return;
      }
      throw new RangeError(
        `runningNormalizer: needs a state with count, mean and squares, got ${JSON.stringify(state)}. Pass what state() gave.`,
      );
    },
  };
}

function withValue({ count, mean, squares }: RunningState, r: number): RunningState {
  const moved = mean + (r - mean) / (count + 1);
  return { count: count + 1, mean: moved, squares: squares + (r - mean) * (r - moved) };
}
