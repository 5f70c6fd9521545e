import { inspect } from 'node:util';
import type { Env, StepResult, StopReason } from './types.js';

/** Why an environment may end its episode: all values of `StopReason`. */
export const STOP_REASONS: readonly StopReason[] = [
  'completed',
  'answered',
  'user_done',
  'max_turns',
  'invalid_action',
  'time_limit',
];

const ROLES = ['system', 'user', 'assistant', 'tool'];

/**
 * Wraps an environment so that calls out of order are errors instead of odd episodes: `reset` once,
 * then `step` until the episode ends, then nothing but `close`, which may come at any time and
 * reaches the environment once. Calls also stop with the reason of an aborted signal. What the
 * environment says is checked: messages with a role and a text, a finite reward, two flags, and a
 * stop reason of the list where the episode ended.
 *
 * @example
 * export const mine: EnvFactory = (task) => orderly({ reset, step, close });
 */
export function orderly(env: Env): Env {
  let phase: 'new' | 'running' | 'over' | 'closed' = 'new';
  const { toolbox } = env;
  function needsRunning(call: string): void {
    if (phase === 'running') return;
    throw new Error(
      `${call}: needs a running episode, got one that is ${phase}. ` +
        'Call reset first, and stop at terminated or truncated.',
    );
  }
  return {
    async reset(options) {
      if (phase !== 'new') {
        throw new Error(
          `reset: needs a new environment, got one that is ${phase}. Make one for each episode.`,
        );
      }
      options.signal?.throwIfAborted();
      phase = 'running';
      const result = await env.reset(options);
      checkMessages('reset', result?.messages);
      return result;
    },
    async step(message, options) {
      needsRunning('step');
      options?.signal?.throwIfAborted();
      const result = await env.step(message, options);
      checkStep(result);
      if (phase === 'running' && (result.terminated || result.truncated)) phase = 'over';
      return result;
    },
    async close() {
      if (phase === 'closed') return;
      phase = 'closed';
      await env.close();
    },
    ...(toolbox && {
      toolbox: {
        list: () => toolbox.list(),
        async call(name, args, options) {
          needsRunning('call');
          options?.signal?.throwIfAborted();
          return toolbox.call(name, args, options);
        },
      },
    }),
  };
}

function checkStep(result: StepResult): void {
  checkMessages('step', result?.messages);
  const { reward, terminated, truncated, stopReason } = result;
  if (!Number.isFinite(reward)) {
    throw new TypeError(
      `step: needs a finite reward from the environment, got ${shown(reward)}. ` +
        'Give 0 where there is no reward.',
    );
  }
  if (typeof terminated !== 'boolean' || typeof truncated !== 'boolean') {
    throw new TypeError(
      `step: needs terminated and truncated as true or false, got ${shown(terminated)} and ` +
        `${shown(truncated)}. Return both from every step.`,
    );
  }
  if (stopReason === undefined) return;
  if (!STOP_REASONS.includes(stopReason) || !(terminated || truncated)) {
    throw new TypeError(
      `step: needs a stop reason of ${STOP_REASONS.join(', ')}, where the episode ended, ` +
        `got ${shown(stopReason)}. Details belong into info.`,
    );
  }
}

function checkMessages(call: string, messages: unknown): void {
  const isMessage = (one: unknown) => {
    const { role, content } = Object(one) as { role?: unknown; content?: unknown };
    return ROLES.includes(String(role)) && typeof content === 'string';
  };
  if (Array.isArray(messages) && messages.every(isMessage)) return;
  throw new TypeError(
    `${call}: needs a list of messages { role, content } from the environment, ` +
      `got ${shown(messages)}. Return an empty list where it says nothing.`,
  );
}

function shown(value: unknown): string {
  return inspect(value, { depth: 2, breakLength: Infinity, maxStringLength: 80 }).slice(0, 120);
}
