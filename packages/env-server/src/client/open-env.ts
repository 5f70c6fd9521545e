import {
  type EnvFactory,
  orderly,
  type StepResult,
  type Task,
  type Tool,
  type ToolWorld,
} from '@grpo/envs';
import type { Message } from '@grpo/rewards';
import { type ConnectOptions, connect, type OpenEnvConnection, socketAddress } from './connect.js';
import { OpenEnvError } from './open-env-error.js';

type Fields = Readonly<Record<string, unknown>>;

/** What a server says after a reset or a step. */
export interface OpenEnvOutcome {
  readonly observation: Readonly<Record<string, unknown>>;
  readonly reward: number | null;
  readonly done: boolean;
}

/** Options of `openEnv` and `openEnvTools`. */
export interface OpenEnvOptions extends ConnectOptions {
  /** What a reset is told besides the seed. Default: the column `reset` of the row. */
  readonly resetArgs?: (task: Task) => Readonly<Record<string, unknown>>;
}

/** Options of `openEnv`. */
export interface OpenEnvTextOptions extends OpenEnvOptions {
  /** What the model is told of an observation. Default: its `messages`, else the observation as JSON. */
  readonly describe?: (outcome: OpenEnvOutcome) => string | readonly Message[];
  /**
   * The action in a message of the model; throws where there is none. Default: an object that it wrote as JSON, else
   * all of the message as the one field that the server's schema asks for.
   */
  readonly readAction?: (
    content: string,
    schema: Readonly<Record<string, unknown>>,
  ) => Readonly<Record<string, unknown>>;
}

/**
 * An environment on a server of OpenEnv, for training on it here. Each episode has a connection of its own.
 *
 * The conversation begins with the messages of the task, then the first observation. A message that holds no action, or
 * one that the server calls invalid, is answered with what is wrong, starting with `Error:`, and costs a turn. Where the
 * server breaks off or is full, the error says that another try may help, so that the trainer plays the episode again.
 *
 * @param url of the server, such as `http://127.0.0.1:8000`
 * @throws TypeError if the url is no http or ws address
 * @example
 * openEnv('http://127.0.0.1:8000', { describe: ({ observation }) => String(observation.text) });
 */
export function openEnv(
  url: string,
  {
    resetArgs = rowReset,
    describe = described,
    readAction = readJsonAction,
    ...connecting
  }: OpenEnvTextOptions = {},
): EnvFactory {
  socketAddress(url); // a wrong address is told before the first episode
  return (task) => {
    let connection: OpenEnvConnection | undefined;
    let schema: Fields = {};
    const told = (outcome: OpenEnvOutcome): readonly Message[] => {
      const words = describe(outcome);
      return typeof words === 'string' ? [{ role: 'user', content: words }] : words;
    };
    return orderly({
      async reset({ seed, signal }) {
        schema = await actionSchema(url, connecting, signal);
        connection = await connect(url, connecting, signal);
        const data = { seed, ...resetArgs(task) };
        const answer = await connection.ask({ type: 'reset', data }, 'observation', signal);
        const said = told(outcomeOf(answer));
        // Our own servers tell the whole conversation, the task's messages among it.
        return { messages: startsWith(said, task.messages) ? said : [...task.messages, ...said] };
      },
      async step({ content }, options) {
        try {
          const action = readAction(content, schema);
          const answer = await connection?.ask(
            { type: 'step', data: action },
            'observation',
            options?.signal,
          );
          return stepOf(outcomeOf(answer ?? {}), told);
        } catch (error) {
          if (error instanceof OpenEnvError && error.code !== 'VALIDATION_ERROR') throw error;
          options?.signal?.throwIfAborted();
          const message = error instanceof Error ? error.message : String(error);
          const messages: Message[] = [{ role: 'user', content: `Error: ${message}` }];
          return { messages, reward: 0, terminated: false, truncated: false };
        }
      },
      close: async () => connection?.close(),
    });
  };
}

/**
 * The tools of an environment on a server of OpenEnv, for `toolEnv`: the model calls them in its own format, the server
 * runs them. The reward is the sum of what the server paid.
 *
 * @param url of the server
 * @example
 * toolEnv({ tools: openEnvTools('http://127.0.0.1:8000'), maxTurns: 8 });
 */
export function openEnvTools(
  url: string,
  { resetArgs = rowReset, ...connecting }: OpenEnvOptions = {},
): (task: Task, options: { readonly seed: number }) => Promise<ToolWorld> {
  socketAddress(url);
  return async (task, { seed }) => {
    const connection = await connect(url, connecting);
    let paid = 0;
    let isOver = false;
    async function step(action: Fields, signal?: AbortSignal): Promise<Fields> {
      const answer = await connection.ask({ type: 'step', data: action }, 'observation', signal);
      const { observation, reward, done } = outcomeOf(answer);
      paid += reward ?? 0;
      isOver ||= done;
      return observation;
    }
    try {
      const { tools } = await step({ type: 'list_tools' });
      await connection.ask({ type: 'reset', data: { seed, ...resetArgs(task) } }, 'observation');
      return {
        tools: toolsOf(tools, async (name, args, signal) => {
          if (isOver) throw new Error('the episode is over.');
          const called = await step(
            { type: 'call_tool', tool_name: name, arguments: args },
            signal,
          );
          const { error, result } = called;
          if (error == null) return result ?? '';
          throw new Error(String(Object(error).message ?? error));
        }),
        reward: () => paid,
        close: () => connection.close(),
      };
    } catch (error) {
      await connection.close();
      throw error;
    }
  };
}

function toolsOf(
  tools: unknown,
  call: (name: string, args: Fields, signal: AbortSignal) => Promise<unknown>,
): readonly Tool[] {
  if (!Array.isArray(tools))
    throw new OpenEnvError('MALFORMED', 'openEnvTools: needs a list of tools, got none.');
  return tools.map((tool): Tool => {
    const { name, description = '', input_schema: schema } = Object(tool) as Fields;
    // The server checks the arguments; its schemas may have keywords that are not known here.
    return {
      name: String(name),
      description: String(description),
      parameters: (schema ?? {}) as Fields,
      input: { '~standard': { version: 1, vendor: 'openenv', validate: (value) => ({ value }) } },
      execute: (args, { signal }) => call(String(name), args, signal),
    };
  });
}

function rowReset({ row: { reset } }: Task): Fields {
  return typeof reset === 'object' && reset !== null ? (reset as Fields) : {};
}

function described({ observation }: OpenEnvOutcome): string | readonly Message[] {
  const { messages } = observation;
  const isConversation =
    Array.isArray(messages) && messages.every((one) => typeof Object(one).content === 'string');
  if (!isConversation) return JSON.stringify(observation);
  return messages.map(({ role, content }) => ({ role: role ?? 'user', content }));
}

function readJsonAction(content: string, { required }: Fields): Fields {
  const text = content.trim().replace(/^```(?:json)?\s*(.*?)\s*```$/s, '$1');
  try {
    const json: unknown = JSON.parse(text);
    if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as Fields;
  } catch {
    // Not JSON: a text then.
  }
  if (Array.isArray(required) && required.length === 1) return { [String(required[0])]: text };
  throw new Error(
    `an action needs to be a JSON object${Array.isArray(required) ? ` with ${required.join(', ')}` : ''}.`,
  );
}

function stepOf(
  outcome: OpenEnvOutcome,
  told: (outcome: OpenEnvOutcome) => readonly Message[],
): StepResult {
  const { observation, reward, done } = outcome;
  const truncated = done && observation.truncated === true;
  return {
    messages: told(outcome),
    reward: reward ?? 0,
    terminated: done && !truncated,
    truncated,
    info: typeof observation.info === 'object' ? { ...observation.info } : {},
  };
}

function outcomeOf({ observation, reward = null, done }: Fields): OpenEnvOutcome {
  const pay = typeof reward === 'boolean' ? Number(reward) : reward;
  if (
    typeof observation === 'object' &&
    observation !== null &&
    (pay === null || Number.isFinite(pay)) &&
    typeof done === 'boolean'
  )
    return { observation: observation as Fields, reward: pay as number | null, done };
  throw new OpenEnvError(
    'MALFORMED',
    `needs observation, reward and done, got ${JSON.stringify({ observation, reward, done })?.slice(0, 200)}.`,
  );
}

function startsWith(said: readonly Message[], messages: readonly Message[]): boolean {
  const texts = said.map(({ content }) => content);
  return messages.length > 0 && messages.every(({ content }) => texts.includes(content));
}

/** The schema of actions, which servers tell over HTTP alone. */
async function actionSchema(
  url: string,
  { token, connectTimeoutMs = 10_000 }: ConnectOptions,
  signal: AbortSignal | undefined,
): Promise<Fields> {
  const plain = new URL(url.replace(/^ws/, 'http'));
  [plain.username, plain.password] = ['', ''];
  const secret = token ?? decodeURIComponent(new URL(url).password);
  const limit = AbortSignal.timeout(connectTimeoutMs);
  try {
    const response = await fetch(`${plain.href.replace(/\/+$/, '')}/schema`, {
      headers: secret === '' ? {} : { authorization: `Bearer ${secret}` },
      signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
    });
    const { action } = (await response.json()) as { action?: Fields };
    return action ?? {};
  } catch (error) {
    signal?.throwIfAborted();
    const message = error instanceof Error ? error.message : String(error);
    throw new OpenEnvError('CONNECTION', `${plain.href}schema: ${message}`);
  }
}
