import type { Reward } from './types.js';

const OPEN = '<think>';
const CLOSE = '</think>';

/**
 * Rewards the form `<think>…</think>` and then anything: 1 if the completion starts with `<think>`,
 * has it once, and closes it; else 0.
 *
 * Gives what TRL's think_format_reward gives. It says nothing about what stands inside or after:
 * put an answer's form and rightness beside it.
 *
 * @example
 * thinkFormat(); // { name: 'thinkFormat', fn }
 */
export function thinkFormat(): Reward {
  return {
    name: 'thinkFormat',
    fn: ({ completion }) => {
      const thought = completion.slice(OPEN.length);
      const isThought = completion.startsWith(OPEN) && !thought.includes(OPEN);
      return isThought && thought.includes(CLOSE) ? 1 : 0;
    },
  };
}
