import type { Episode, Message, RewardValue } from '@grpo/rewards';
import { HttpError } from '../http/http-error.js';
import { messageOf, type Routes } from '../http/json-server.js';
import { checkShape, ValidationError } from '../openenv/read-request.js';
import { foundSession } from '../openenv/routes.js';
import { rewardsOf, type Score, scoreOf, taskOf } from '../session/served.js';
import type { Sessions } from '../session/sessions.js';

type Fields = Readonly<Record<string, unknown>>;

/** Most episodes of one request. */
const MAX_EPISODES = 4096;

const TEXT = { anyOf: [{ type: 'string' }, { type: 'array' }, { type: 'null' }] };
const MESSAGE = {
  type: 'object',
  properties: {
    role: { enum: ['system', 'user', 'assistant', 'tool'] },
    content: TEXT,
    tool_calls: { anyOf: [{ type: 'array' }, { type: 'null' }] },
  },
  required: ['role'],
};
const SCHEMA = {
  type: 'object',
  properties: {
    episodes: {
      type: 'array',
      maxItems: MAX_EPISODES,
      items: {
        type: 'object',
        properties: {
          task: { type: ['string', 'integer'], minimum: 0 },
          messages: { type: 'array', minItems: 1, items: MESSAGE },
          prompt_length: { type: 'integer', minimum: 0 },
          completion_tokens: { type: 'integer', minimum: 0 },
          session_id: { type: ['string', 'null'] },
        },
        required: ['task', 'messages'],
      },
    },
  },
  required: ['episodes'],
};

/**
 * Rewards for trainers that sample themselves, such as TRL:
 *
 *     POST /rewards { episodes: [{ task, messages, session_id? }] }  →  { rewards: { name: [B] }, failures }
 *
 * With a `session_id` the episode of that session ends with the model's last message and earns what it earns, the same
 * however often it is asked; without one, the messages are the episode. A reward that does not apply is `null`, and so is
 * one that fails, which `failures` says with its reason.
 */
export function rewardRoutes(sessions: Sessions): Routes {
  return {
    'POST /rewards': async (request) => {
      const body = request.json();
      try {
        checkShape(SCHEMA, body, 'body');
      } catch (error) {
        throw new HttpError(422, error instanceof ValidationError ? error.problems : error);
      }
      const episodes = body.episodes as readonly Fields[];
      const scores = await Promise.all(
        episodes.map((episode) => scored(episode, sessions, request.signal)),
      );
      const columns = rewardsOf(sessions.served).map(
        ({ name }) => [name, scores.map((score) => columnOf(score, name))] as const,
      );
      const failures = scores.flatMap((score, episode) =>
        typeof score === 'string' ? [{ episode, reason: score }] : [],
      );
      return { body: { rewards: Object.fromEntries(columns), failures } };
    },
  };
}

function columnOf(score: Score | string, name: string): RewardValue {
  return typeof score === 'string' ? null : (score.values[name] ?? null);
}

/** What an episode earned, or why there is no number. */
async function scored(
  fields: Fields,
  sessions: Sessions,
  signal: AbortSignal,
): Promise<Score | string> {
  const { served, limits } = sessions;
  try {
    const messages = (fields.messages as readonly Fields[]).map(plainMessage);
    if (typeof fields.session_id === 'string') {
      const last = messages.at(-1);
      const isAnswer =
        last?.role === 'assistant' && !hasCalls(fields.messages as readonly Fields[]);
      const session = foundSession(sessions, fields.session_id);
      return await session.conclude(isAnswer ? last?.content : undefined, { signal });
    }
    const episode = episodeOf(fields, messages, sessions);
    return await scoreOf(served, episode, { timeoutMs: limits.turnTimeoutMs, signal });
  } catch (error) {
    signal.throwIfAborted();
    return messageOf(error);
  }
}

function hasCalls(messages: readonly Fields[]): boolean {
  const { tool_calls: calls } = messages.at(-1) ?? {};
  return Array.isArray(calls) && calls.length > 0;
}

function episodeOf(fields: Fields, messages: readonly Message[], { served }: Sessions): Episode {
  const task = taskOf(served, { task: fields.task as string | number }, 0);
  const { prompt_length: promptLength, completion_tokens: completionTokens } = fields;
  return {
    task: task.id,
    messages,
    completion: messages.filter(({ role }) => role === 'assistant').at(-1)?.content ?? '',
    row: task.row,
    environmentReward: 0,
    end: 'terminated',
    ...(typeof promptLength === 'number' && { promptLength }),
    ...(typeof completionTokens === 'number' && { completionTokens }),
  };
}

/** A message with one text, into which calls of tools are written as Hermes models write them. */
function plainMessage({ role, content, tool_calls: calls }: Fields): Message {
  const parts = Array.isArray(content) ? content : [{ text: content }];
  const texts = parts.map((part) => String(Object(part).text ?? ''));
  const written = (Array.isArray(calls) ? calls : []).map((call) => {
    const { name, arguments: args } = Object(Object(call).function ?? call) as Fields;
    return `<tool_call>${JSON.stringify({ name, arguments: args })}</tool_call>`;
  });
  return { role: role as Message['role'], content: [...texts, ...written].join('') };
}
