import { inspect } from 'node:util';
import { keyedRandom } from '@grpo/random';
import type { Message } from '@grpo/rewards';
import { orderly } from './orderly.js';
import type { EnvFactory, StepResult, UserReply, UserSimulator } from './types.js';
import { checkCount, checkTimeLimit, withinTime } from './within-time.js';

/** Options of `conversationEnv`. */
export interface ConversationOptions {
  /** Speaks for the user. */
  readonly user: UserSimulator;
  /** The model may speak so often; then the episode is truncated. Default 8. */
  readonly maxTurns?: number;
  /** Time limit of one reply of the user, in ms. Default 60 000. */
  readonly timeoutMs?: number;
  /** A longer reply of the user, in characters, is an error. Default 20 000. */
  readonly maxReplyLength?: number;
}

/**
 * Environments in which the model talks with a simulated user.
 *
 * The task's messages open the conversation; if they hold a system message alone, the user speaks
 * first. Scenario and persona are columns of the task's row, which the simulator sees. The episode is
 * terminated when the user is done, and truncated after `maxTurns` turns of the model; the user
 * answers the last turn too, so that its reward is not lost. A user that fails, takes too long or
 * says too much fails the step.
 *
 * @throws RangeError if a limit is out of range
 * @example
 * conversationEnv({ user: scriptedUser(['And for two?', 'Thank you.']) });
 */
export function conversationEnv({
  user,
  maxTurns = 8,
  timeoutMs = 60_000,
  maxReplyLength = 20_000,
}: ConversationOptions): EnvFactory {
  checkCount('conversationEnv', 'maxTurns', maxTurns);
  checkCount('conversationEnv', 'maxReplyLength', maxReplyLength);
  checkTimeLimit('conversationEnv', 'timeoutMs', timeoutMs);

  return (task) => {
    const conversation: Message[] = [];
    let seed = 0;
    let turn = 0;

    async function ask(signal: AbortSignal | undefined): Promise<Required<UserReply>> {
      const random = keyedRandom(seed, 'user', turn);
      const limit = { what: 'the user simulator', timeoutMs, signal };
      const said = await withinTime(
        (inner) => user([...conversation], { task, turn, random, signal: inner }),
        limit,
      );
      return checkedReply(said, maxReplyLength);
    }

    return orderly({
      async reset(options) {
        seed = options.seed;
        conversation.push(...task.messages);
        if (conversation.at(-1)?.role === 'system') {
          const { content } = await ask(options.signal);
          if (content === '') {
            throw new Error(
              `the user simulator: needs to open the conversation of ${task.id}, got nothing to ` +
                'say. Give the task a message of the user, or return a text at turn 0.',
            );
          }
          conversation.push({ role: 'user', content });
        }
        return { messages: [...conversation] };
      },
      async step(message, options): Promise<StepResult> {
        conversation.push(message);
        turn++;
        const { content, reward, isDone } = await ask(options?.signal);
        const messages: Message[] = content === '' ? [] : [{ role: 'user', content }];
        conversation.push(...messages);
        const truncated = !isDone && turn >= maxTurns;
        return {
          messages,
          reward,
          terminated: isDone,
          truncated,
          ...(isDone && { stopReason: 'user_done' }),
          ...(truncated && { stopReason: 'max_turns' }),
        };
      },
      close: async () => {},
    });
  };
}

/** The reply in full: `null` is the end without a word. */
function checkedReply(said: unknown, maxReplyLength: number): Required<UserReply> {
  const reply =
    typeof said === 'string' ? { content: said } : said === null ? { isDone: true } : said;
  if (typeof reply === 'object' && reply !== null) {
    const { content = '', reward = 0, isDone = false } = reply as Record<keyof UserReply, unknown>;
    const isReply =
      typeof content === 'string' && typeof isDone === 'boolean' && (isDone || content !== '');
    if (isReply && Number.isFinite(reward) && content.length <= maxReplyLength) {
      return { content, reward: Number(reward), isDone };
    }
  }
  throw new TypeError(
    `the user simulator: needs to return a text of at most ${maxReplyLength} characters, ` +
      `{ content, reward, isDone } or null, got ${described(said)}. Return null where the user is done.`,
  );
}

function described(said: unknown): string {
  const content =
    typeof said === 'object' && said !== null ? (said as { content?: unknown }).content : said;
  if (typeof content === 'string' && content.length > 80) return `${content.length} characters`;
  return inspect(said, { depth: 1, breakLength: Infinity });
}
