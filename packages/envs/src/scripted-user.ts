import { inspect } from 'node:util';
import type { Row, UserSimulator } from './types.js';

/**
 * A user who says the same things whatever the model says, and is done after the last of them.
 *
 * @param replies the replies, or what takes them from the task's row
 * @throws (the simulator, when called) if the row gives no list of texts
 * @example
 * scriptedUser(({ replies }) => replies);
 */
export function scriptedUser(replies: readonly string[] | ((row: Row) => unknown)): UserSimulator {
  return (conversation, { task }) => {
    const script = typeof replies === 'function' ? replies(task.row) : replies;
    if (!Array.isArray(script) || !script.every((reply) => typeof reply === 'string')) {
      throw new TypeError(
        `scriptedUser: needs a list of texts for the task ${task.id}, ` +
          `got ${inspect(script).slice(0, 80)}. Check the column that holds the replies.`,
      );
    }
    // What the user has said in the conversation beyond the task's own messages.
    const spoken = conversation.slice(task.messages.length).filter(({ role }) => role === 'user');
    return script[spoken.length] ?? null;
  };
}
