import { setTimeout as wait } from 'node:timers/promises';
import type { ChatModel, Message } from '@grpo/rewards';
import type { Row, UserSimulator, UserTurn } from './types.js';
import { checkCount, checkTimeLimit, withinTime } from './within-time.js';

/** A text, or what takes it from the task's row. */
export type FromRow = string | ((row: Row) => unknown);

/** Options of `simulatedUser`. */
export interface SimulatedUserOptions {
  /** Who the user is. Default: the column `persona`, if there is one. */
  readonly persona?: FromRow;
  /** What has happened. Default: the column `scenario`, if there is one. */
  readonly scenario?: FromRow;
  /** What the user wants. Default: the column `goal`, if there is one. */
  readonly goal?: FromRow;
  /** The chat model writes it where the user is done. Default `[DONE]`. */
  readonly doneMarker?: string;
  /** Tokens of one reply. Default 256. */
  readonly maxTokens?: number;
  /** Default 1. */
  readonly temperature?: number;
  /** Further tries after a failure, a time-out or an empty reply. Default 2. */
  readonly retries?: number;
  /** Wait before the first further try, in ms, doubled each time. Default 500. */
  readonly retryDelayMs?: number;
  /** Time limit of one try, in ms. Default 15 000. */
  readonly timeoutMs?: number;
}

/**
 * A user that a chat model plays.
 *
 * The chat model sees the conversation from the other side: what the model said is said to it, what
 * the user said was its own. System and tool messages are not the user's to see. Every try gets a
 * seed that belongs to episode, turn and try. All tries together have the time of one reply,
 * `timeoutMs` of `conversationEnv`; what still fails then ends the episode as an error with its reason.
 *
 * @throws RangeError if a limit is out of range
 * @example
 * conversationEnv({ user: simulatedUser(model, { persona: 'A student in a hurry.' }) });
 */
export function simulatedUser(
  model: ChatModel,
  {
    doneMarker = '[DONE]',
    maxTokens = 256,
    temperature = 1,
    retries = 2,
    retryDelayMs = 500,
    timeoutMs = 15_000,
    ...about
  }: SimulatedUserOptions = {},
): UserSimulator {
  checkCount('simulatedUser', 'maxTokens', maxTokens);
  checkTimeLimit('simulatedUser', 'timeoutMs', timeoutMs);
  checkTimeLimit('simulatedUser', 'retryDelayMs', retryDelayMs);
  if (!Number.isInteger(retries) || retries < 0 || doneMarker === '') {
    throw new RangeError(
      `simulatedUser: needs retries of at least 0 and a done marker, ` +
        `got ${retries} and "${doneMarker}". Retries are a whole number.`,
    );
  }

  async function answer(messages: readonly Message[], { random, signal }: UserTurn) {
    const options = { maxTokens, temperature, seed: random.integer(2 ** 31) };
    const limit = { what: 'the chat model of the user', timeoutMs, signal };
    const said = await withinTime((inner) => model(messages, { ...options, signal: inner }), limit);
    const text: unknown = said?.text;
    if (typeof text !== 'string' || text.trim() === '') {
      throw new TypeError('the chat model of the user: needs to answer with a text, got none.');
    }
    return text.trim();
  }

  return async (conversation, turn) => {
    const instructions = instructionsFor(turn.task.row, about, doneMarker);
    const messages = [instructions, ...seenByUser(conversation)];
    for (let tries = 1; ; tries++) {
      try {
        const text = await answer(messages, turn);
        if (!text.includes(doneMarker)) return text;
        return { content: text.replaceAll(doneMarker, '').trim(), isDone: true };
      } catch (error) {
        turn.signal.throwIfAborted();
        if (tries > retries) {
          const reason = error instanceof Error ? error.message : String(error);
          throw new Error(
            `simulatedUser: needs an answer of the chat model, got ${tries} failures, ` +
              `the last: ${reason.slice(0, 500)} Check its endpoint, or allow more retries.`,
          );
        }
        const jitter = 0.5 + turn.random.next(); // so that many episodes do not try at once
        await wait(retryDelayMs * 2 ** (tries - 1) * jitter, undefined, { signal: turn.signal });
      }
    }
  };
}

function instructionsFor(
  row: Row,
  about: Pick<SimulatedUserOptions, 'persona' | 'scenario' | 'goal'>,
  doneMarker: string,
): Message {
  const part = (name: keyof typeof about, words: string) => {
    const from = about[name];
    const text = typeof from === 'function' ? from(row) : (from ?? row[name]);
    if (text === undefined || text === null || text === '') return [];
    if (typeof text === 'string') return [`${words}: ${text}`];
    throw new TypeError(
      `simulatedUser: needs a text as ${name}, got ${typeof text}. Check the column or the function.`,
    );
  };
  const lines = [
    'You play a user who talks with an assistant. Write only what the user says next, in plain ' +
      'words, and never speak for the assistant.',
    ...part('persona', 'Who you are'),
    ...part('scenario', 'What has happened'),
    ...part('goal', 'What you want'),
    `When you have what you want, or see that you will not get it, end your message with ${doneMarker}`,
  ];
  return { role: 'system', content: lines.join('\n') };
}

/** Endpoints want a conversation that a user opens, so an opening of the user is asked for. */
function seenByUser(conversation: readonly Message[]): readonly Message[] {
  const spoken = conversation
    .filter(({ role }) => role === 'user' || role === 'assistant')
    .map(
      ({ role, content }): Message => ({
        role: role === 'user' ? 'assistant' : 'user',
        content,
      }),
    );
  if (spoken[0]?.role === 'user') return spoken;
  return [{ role: 'user', content: '(The conversation begins. Speak first.)' }, ...spoken];
}
