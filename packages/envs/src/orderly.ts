import type { Env } from './types.js';

/**
 * Wraps an environment so that calls out of order are errors instead of odd episodes: `reset` once,
 * then `step` until the episode ends, then nothing but `close`, which may come at any time and
 * reaches the environment once. Calls also stop with the reason of an aborted signal, and a reward
 * that is not a finite number is an error.
 *
 * @example
 * export const mine: EnvFactory = (task) => orderly({ reset, step, close });
 */
export function orderly(env: Env): Env {
  let phase: 'new' | 'running' | 'over' | 'closed' = 'new';
  return {
    async reset(options) {
      if (phase !== 'new') {
        throw new Error(
          `reset: needs a new environment, got one that is ${phase}. Make one for each episode.`,
        );
      }
      options.signal?.throwIfAborted();
      phase = 'running';
      return env.reset(options);
    },
    async step(message, options) {
      if (phase !== 'running') {
        throw new Error(
          `step: needs a running episode, got one that is ${phase}. ` +
            'Call reset first, and stop at terminated or truncated.',
        );
      }
      options?.signal?.throwIfAborted();
      const result = await env.step(message, options);
      if (!Number.isFinite(result.reward)) {
        throw new TypeError(
          `step: needs a finite reward from the environment, got ${result.reward}. ` +
            'Give 0 where there is no reward.',
        );
      }
      if (phase === 'running' && (result.terminated || result.truncated)) phase = 'over';
      return result;
    },
    async close() {
      if (phase === 'closed') return;
      phase = 'closed';
      await env.close();
    },
  };
}
