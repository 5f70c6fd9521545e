import type { EnvFactory } from './types.js';

/** Environments of one question and one answer: the task's messages, then the end. Rewards judge the answer. */
export function singleTurn(): EnvFactory {
  return ({ messages }) => ({
    reset: async () => ({ messages }),
    step: async () => ({ messages: [], reward: 0, terminated: true, truncated: false }),
    close: async () => {},
  });
}
