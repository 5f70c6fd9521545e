import { orderly } from './orderly.js';
import type { EnvFactory } from './types.js';

/**
 * Environments of one question and one answer: the task's messages, then the end, with a reward of
 * 0. Reward functions judge the answer.
 *
 * @example
 * const env = singleTurn()(dataset.tasks[0]);
 */
export function singleTurn(): EnvFactory {
  return ({ messages }) =>
    orderly({
      reset: async () => ({ messages }),
      step: async () => ({
        messages: [],
        reward: 0,
        terminated: true,
        truncated: false,
        stopReason: 'completed',
      }),
      close: async () => {},
    });
}
