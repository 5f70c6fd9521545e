import type { Episode, Message } from '@grpo/rewards';
import { HttpError } from '../http/http-error.js';
import { type JsonRequest, messageOf, type Routes } from '../http/json-server.js';
import { checkShape, ValidationError } from '../openenv/read-request.js';
import { type Score, scoreOf, taskOf } from '../session/served.js';
import type { Session } from '../session/session.js';
import { CapacityError, type Sessions } from '../session/sessions.js';

type Fields = Readonly<Record<string, unknown>>;

const COOKIE = 'grpo_session';
/** Verdicts that are kept for requests that are sent again. */
const MAX_VERDICTS = 4096;

const TASK = { type: ['string', 'integer'], minimum: 0 };
const ROW = { type: 'object', properties: { task: TASK }, required: ['task'] };
const VERIFY = {
  type: 'object',
  properties: {
    task: TASK,
    responses_create_params: { type: 'object' },
    response: {
      type: 'object',
      properties: { output: { type: 'array', items: { type: 'object' } } },
      required: ['output'],
    },
  },
  required: ['task', 'responses_create_params', 'response'],
};

/**
 * NeMo Gym's resources server. A row names its task, as `nemoGymRows` writes it.
 *
 * - `POST /seed_session`: begins the task's episode in a session that a cookie names.
 * - `POST /TOOL`: calls a tool in it.
 * - `POST /verify`: ends it with the model's last message; `reward` and `reward_components`. A request that is sent
 *   again gets the same answer. Without the cookie, the messages are the episode.
 * - `POST /aggregate_metrics`, `GET /reverify_mode`.
 */
export function nemoGymRoutes(sessions: Sessions): Routes {
  const { served } = sessions;
  const verdicts = new Map<string, Promise<Score>>();
  const callers = (served.tools ?? []).map(({ name }) => [
    `POST /${name}`,
    async (request: JsonRequest) => {
      const args = request.json();
      const { observation } = await heldSession(request, sessions).step(
        { type: 'call_tool', toolName: name, args },
        { signal: request.signal },
      );
      return { body: { output: observation.result } };
    },
  ]);
  return {
    ...Object.fromEntries(callers),
    'POST /seed_session': async (request) => {
      const { task } = checked(ROW, request.json());
      const session = opened(sessions);
      try {
        await session.reset({ task: task as string | number }, { signal: request.signal });
      } catch (error) {
        await sessions.close(session.id);
        throw error;
      }
      const cookie = `${COOKIE}=${session.id}; Path=/; HttpOnly; SameSite=Strict`;
      return { body: {}, headers: { 'set-cookie': cookie } };
    },
    'POST /verify': async (request) => {
      const body = checked(VERIFY, request.json());
      const { total, values } = await verdict(body, request, sessions, verdicts);
      if (total === null) throw new HttpError(500, 'No reward applies to this episode.');
      const components = Object.entries(values).filter(([, value]) => value !== null);
      return {
        body: { ...body, reward: total, reward_components: Object.fromEntries(components) },
      };
    },
    'POST /aggregate_metrics': (request) => ({ body: aggregated(request.json()) }),
    'GET /reverify_mode': () => ({
      body: served.tools === undefined ? 'stateless' : 'unsupported',
    }),
  };
}

async function verdict(
  body: Fields,
  request: JsonRequest,
  sessions: Sessions,
  verdicts: Map<string, Promise<Score>>,
): Promise<Score> {
  const { [COOKIE]: id } = request.cookies;
  const { output } = body.response as { readonly output: readonly Fields[] };
  if (id === undefined) {
    const { turnTimeoutMs: timeoutMs } = sessions.limits;
    const episode = episodeOf(body, output, sessions);
    return scoreOf(sessions.served, episode, { timeoutMs, signal: request.signal });
  }
  const known = verdicts.get(id);
  if (known !== undefined) return known;
  const session = heldSession(request, sessions);
  const { type, role } = output.at(-1) ?? {};
  const isAnswer = type === 'message' && role === 'assistant';
  const score = session.conclude(isAnswer ? textOf(output.at(-1)) : undefined);
  verdicts.set(id, score);
  const [oldest] = verdicts.keys();
  if (verdicts.size > MAX_VERDICTS && oldest !== undefined) verdicts.delete(oldest);
  try {
    return await score;
  } finally {
    await sessions.close(id);
  }
}

function opened(sessions: Sessions): Session {
  try {
    return sessions.open();
  } catch (error) {
    if (error instanceof CapacityError) throw new HttpError(503, error.message);
    throw error;
  }
}

function heldSession({ cookies }: JsonRequest, sessions: Sessions): Session {
  const { [COOKIE]: id } = cookies;
  const session = id === undefined ? undefined : sessions.find(id);
  if (session !== undefined) return session;
  const what = id === undefined ? 'There is no session.' : 'The session is over, or unknown here.';
  throw new HttpError(404, `${what} Begin with POST /seed_session, and send its cookie.`);
}

/** An episode that was played elsewhere, by its messages alone. */
function episodeOf(body: Fields, output: readonly Fields[], { served }: Sessions): Episode {
  const task = taskOf(served, { task: body.task as string | number }, 0);
  const said = output.flatMap(messageOfItem);
  return {
    task: task.id,
    messages: [...task.messages, ...said],
    promptLength: task.messages.length,
    completion: said.filter(({ role }) => role === 'assistant').at(-1)?.content ?? '',
    row: task.row,
    environmentReward: 0,
    end: 'terminated',
  };
}

/** An item of OpenAI's Responses as a message; reasoning is none. */
function messageOfItem(item: Fields): Message[] {
  if (item.type === 'message') return [{ role: 'assistant', content: textOf(item) }];
  if (item.type === 'function_call_output')
    return [{ role: 'tool', content: String(item.output ?? '') }];
  if (item.type !== 'function_call') return [];
  const call = `{"name":${JSON.stringify(item.name)},"arguments":${item.arguments ?? '{}'}}`;
  return [{ role: 'assistant', content: `<tool_call>${call}</tool_call>` }];
}

function textOf(item: Fields | undefined): string {
  const { content = '' } = item ?? {};
  if (typeof content === 'string') return content;
  return (Array.isArray(content) ? content : [])
    .map((part) => String(Object(part).text ?? ''))
    .join('');
}

function aggregated(body: Fields): Fields {
  const responses = Array.isArray(body.verify_responses) ? body.verify_responses : [];
  const rewards = responses
    .map((one) => Object(one).reward as unknown)
    .filter((reward): reward is number => typeof reward === 'number');
  const mean = rewards.reduce((sum, reward) => sum + reward, 0) / rewards.length;
  const metrics = rewards.length === 0 ? {} : { 'mean/reward': mean };
  return { group_level_metrics: [], agent_metrics: metrics, key_metrics: metrics };
}

function checked(schema: Fields, body: Fields): Fields {
  try {
    checkShape(schema, body, 'body');
    return body;
  } catch (error) {
    const detail = error instanceof ValidationError ? error.problems : messageOf(error);
    throw new HttpError(422, detail);
  }
}
