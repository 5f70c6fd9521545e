import { createHash, randomInt, randomUUID } from 'node:crypto';
import { hermesToolCalls, type Tool, type ToolCallFormat } from '@grpo/envs';
import type { ChatFormat, SampledTokens, Sampler } from '@grpo/policy';
import { HttpError } from '../http/http-error.js';
import { type JsonAnswer, type JsonRequest, listen } from '../http/json-server.js';
import { type ChatRequest, readChatRequest, writtenCall } from './read-chat-request.js';
import { answered, type Growing, type Opening, openingOf, type Recording } from './recording.js';

/** What answers, and within which limits. */
export interface ServeChatOptions {
  readonly sampler: Sampler;
  readonly chat: ChatFormat;
  /** As clients are told it. Default policy. */
  readonly model?: string;
  /** How the model writes calls of tools. Default `hermesToolCalls()`. */
  readonly format?: ToolCallFormat;
  /** Instead of what clients ask for: a policy learns from its own distribution. Default: theirs, else 1. */
  readonly temperature?: number;
  /** Tokens of one answer, where clients do not say, and the most they may ask for. Default 1024. */
  readonly maxTokens?: number;
  /** Conversations that are kept until they are taken; what comes then is refused. Default 10 000. */
  readonly maxRecordings?: number;
  /** Default 0: a free port, which the returned url names. */
  readonly port?: number;
  /** Default 127.0.0.1. An address that others can reach needs a token. */
  readonly host?: string;
  /** What clients have for an API key. */
  readonly token?: string;
  /** Longest request, in bytes. Default 16 MiB. */
  readonly maxBodyBytes?: number;
  /** Limit of reading a request, in ms. Default 120 000. */
  readonly timeoutMs?: number;
}

/** A server whose conversations are recorded. */
export interface ChatServer {
  /** For a client's base URL, such as `http://127.0.0.1:8000/v1`. */
  readonly url: string;
  /** The base URL of a client whose conversations are to be told apart from those of others. */
  readonly urlOf: (scope: string) => string;
  /** Takes the conversations of a scope, or all; they are kept no longer, and cannot go on. */
  readonly take: (scope?: string) => readonly Recording[];
  close(): Promise<void>;
}

/** Clients that wait at once. */
const MAX_CONNECTIONS = 4096;
/** Answers that are kept for requests that are sent again. */
const MAX_REPLAYS = 1024;

/** What was sampled for a request, and what the client is told of it. */
interface Answer {
  readonly id: string;
  readonly opening: Opening;
  readonly sampled: SampledTokens;
  readonly content: string;
  readonly calls: readonly { readonly id: string; readonly name: string; readonly args: string }[];
}

/**
 * Serves OpenAI's chat completions from a sampler, and records every conversation with its tokens: an agent points its
 * base URL here, unchanged, and what it does becomes episodes to train on.
 *
 *     POST /v1/chat/completions     GET /v1/models     and both below /scope/NAME
 *
 * A request that begins with a conversation of the same scope goes on with it: its tokens stay as they were sampled,
 * and only what the client added is encoded. Where the template would write earlier turns otherwise, or the client
 * changed them, another recording begins. A request that a client sends again (`idempotency-key`, or the retry count of
 * OpenAI's clients) is answered again, and recorded once. Errors are OpenAI's: `{ error: { message, type } }`.
 *
 * @throws TypeError if others can reach the host and there is no token; rejects if the port is taken
 * @example
 * const { url, take, close } = await serveChat({ sampler: policy.sampler(), chat });
 */
export async function serveChat(options: ServeChatOptions): Promise<ChatServer> {
  const { sampler, chat, model = 'policy', format = hermesToolCalls() } = options;
  const { maxTokens = 1024, maxRecordings = 10_000, timeoutMs = 120_000 } = options;
  const growing: Growing[] = [];
  const replays = new Map<string, Promise<Answer>>();

  /** What the model is asked with; throws where it cannot be asked. */
  function open({ messages, tools }: ChatRequest, scope: string): Opening {
    if (growing.length >= maxRecordings)
      throw new HttpError(503, `${maxRecordings} conversations wait to be taken.`);
    const own = growing.filter(({ recording }) => recording.scope === scope);
    const opening = openingOf(messages, own, chat, tools);
    checkLength(opening, sampler.contextLength);
    return opening;
  }

  async function sample(
    request: ChatRequest,
    opening: Opening,
    { scope = '', signal }: JsonRequest,
    onText?: (text: string) => void,
  ): Promise<Answer> {
    const ids: number[] = [];
    const [sampled] = await sampler.sample(
      [{ ids: opening.ids, seed: request.seed ?? randomInt(2 ** 31) }],
      {
        maxTokens: Math.min(request.maxTokens ?? maxTokens, maxTokens),
        temperature: options.temperature ?? request.temperature ?? 1,
        ...(request.topP !== undefined && { topP: request.topP }),
        stopIds: chat.stopIds,
        ...(request.stop.length > 0 && { stopStrings: request.stop }),
        signal,
        ...(onText && {
          onToken: ({ id }) => {
            ids.push(id);
            onText(chat.decodeCompletion(ids));
          },
        }),
      },
    );
    const text = chat.decodeCompletion(sampled.ids);
    const { content, calls } =
      request.tools.length === 0 ? { content: text, calls: [] } : parsed(text, request);
    const recording = answered(opening, sampled, text, { scope, tools: request.tools });
    const seen = [
      ...request.messages,
      {
        role: 'assistant' as const,
        content: withoutStop(content, sampled),
        calls: calls.map(({ name, args }) => writtenCall(name, args)),
      },
    ];
    // Another answer to the same conversation is a conversation of its own.
    const { growing: before, from } = opening;
    if (before !== undefined && growing.includes(before) && before.recording === from)
      Object.assign(before, { recording, seen });
    else growing.push({ recording, seen });
    return {
      id: `chatcmpl-${randomUUID()}`,
      opening,
      sampled,
      content: withoutStop(content, sampled),
      calls,
    };
  }

  function parsed(text: string, { tools }: ChatRequest) {
    const written = format.parse(text, tools.map(toolOf));
    const calls = written.flatMap((call) =>
      'name' in call
        ? [{ id: `call_${randomUUID()}`, name: call.name, args: JSON.stringify(call.args ?? {}) }]
        : [],
    );
    const [content = ''] =
      calls.length === 0 ? [text] : text.split(/<tool_call>|\[TOOL_CALLS\]/, 1);
    return { content: calls.length === 0 ? text : content.trim(), calls };
  }

  async function complete(request: JsonRequest): Promise<JsonAnswer> {
    const asked = readChatRequest(request.json());
    const scope = request.scope ?? '';
    const key = replayKey(request, scope);
    const known = key !== undefined && isRetry(request) ? replays.get(key) : undefined;
    const opening = known === undefined ? open(asked, scope) : undefined;
    const answering = (onText?: (text: string) => void): Promise<Answer> => {
      if (opening === undefined) return known as Promise<Answer>;
      const answer = sample(asked, opening, request, onText);
      keep(key, answer);
      return answer;
    };
    // Calls of tools are read from a whole answer.
    const isLive = asked.isStreamed && known === undefined && asked.tools.length === 0;
    if (isLive) return { body: null, events: streamed(asked, model, answering) };
    const done = await answering();
    if (!asked.isStreamed) return { body: completionOf(done, asked, model) };
    return { body: null, events: streamed(asked, model, async () => done) };
  }

  function keep(key: string | undefined, answer: Promise<Answer>): void {
    if (key === undefined) return;
    answer.catch(() => replays.delete(key)); // what failed may be tried again
    replays.set(key, answer);
    const [oldest] = replays.keys();
    if (replays.size > MAX_REPLAYS && oldest !== undefined) replays.delete(oldest);
  }

  const { url, close } = await listen(
    {
      'POST /v1/chat/completions': complete,
      'GET /v1/models': () => ({
        body: { object: 'list', data: [{ id: model, object: 'model', owned_by: 'grpo' }] },
      }),
    },
    {
      caller: 'serveChat',
      port: options.port ?? 0,
      host: options.host ?? '127.0.0.1',
      token: options.token,
      maxBodyBytes: options.maxBodyBytes ?? 16 * 2 ** 20,
      timeoutMs,
      maxConnections: MAX_CONNECTIONS,
      errorBody: (detail, status) => ({
        error: {
          message: typeof detail === 'string' ? detail : JSON.stringify(detail),
          type: status < 500 ? 'invalid_request_error' : 'server_error',
          code: null,
        },
      }),
    },
  );
  return {
    url: `${url}/v1`,
    urlOf: (scope) => `${url}/scope/${checkedScope(scope)}/v1`,
    take(scope) {
      const taken = growing.filter(
        ({ recording }) => scope === undefined || recording.scope === scope,
      );
      for (const one of taken) growing.splice(growing.indexOf(one), 1);
      return taken.map(({ recording }) => recording);
    },
    close,
  };
}

async function* streamed(
  request: ChatRequest,
  model: string,
  sampling: (onText: (text: string) => void) => Promise<Answer>,
): AsyncGenerator<string> {
  const id = `chatcmpl-${randomUUID()}`;
  const chunk = (delta: unknown, finish: string | null = null, more = {}) =>
    JSON.stringify({
      id,
      object: 'chat.completion.chunk',
      created: Math.floor(Date.now() / 1000),
      model: request.model || model,
      choices: [{ index: 0, delta, finish_reason: finish }],
      ...more,
    });
  let text = '';
  let sent = 0;
  let wake = (): void => {};
  const answer = sampling((soFar) => {
    text = soFar;
    wake();
  });
  let done: Answer | undefined;
  const end = answer.then((value) => {
    done = value;
    wake();
  });
  end.catch(() => wake());
  yield chunk({ role: 'assistant', content: '' });
  while (done === undefined) {
    await Promise.race([end, new Promise<void>((resolve) => (wake = resolve))]);
    // The last characters may still change, or be the beginning of a text that ends the answer.
    const safe = text.length - Math.max(1, ...request.stop.map((stop) => stop.length));
    if (done === undefined && safe > sent) {
      yield chunk({ content: text.slice(sent, safe) });
      sent = safe;
    }
  }
  const { content, calls, sampled, opening } = done;
  if (content.length > sent) yield chunk({ content: content.slice(sent) });
  if (calls.length > 0) {
    const tool_calls = calls.map((call, index) => ({ index, ...functionCall(call) }));
    yield chunk({ tool_calls });
  }
  yield chunk({}, finishOf(done));
  if (request.includesUsage)
    yield JSON.stringify({
      ...JSON.parse(chunk({})),
      choices: [],
      usage: usageOf(opening, sampled),
    });
  yield '[DONE]';
}

function completionOf(answer: Answer, request: ChatRequest, model: string) {
  const { id, opening, sampled, content, calls } = answer;
  return {
    id,
    object: 'chat.completion',
    created: Math.floor(Date.now() / 1000),
    model: request.model || model,
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: content === '' && calls.length > 0 ? null : content,
          ...(calls.length > 0 && { tool_calls: calls.map(functionCall) }),
        },
        finish_reason: finishOf(answer),
        ...(request.returnsTokenIds && {
          token_ids: sampled.ids,
          token_logprobs: sampled.logProbs,
        }),
      },
    ],
    ...(request.returnsTokenIds && { prompt_token_ids: opening.ids }),
    usage: usageOf(opening, sampled),
  };
}

function functionCall({ id, name, args }: Answer['calls'][number]) {
  return { id, type: 'function', function: { name, arguments: args } };
}

function finishOf({ calls, sampled }: Answer): string {
  if (sampled.stopReason === 'length') return 'length';
  return calls.length > 0 ? 'tool_calls' : 'stop';
}

function usageOf({ ids }: Opening, sampled: SampledTokens) {
  const [prompt_tokens, completion_tokens] = [ids.length, sampled.ids.length];
  return { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens };
}

/** OpenAI's answers end before the text that ended them. */
function withoutStop(text: string, { stoppedBy }: SampledTokens): string {
  if (typeof stoppedBy !== 'string') return text;
  const at = text.lastIndexOf(stoppedBy);
  return at < 0 ? text : text.slice(0, at);
}

function toolOf(definition: Readonly<Record<string, unknown>>): Tool {
  const { name, description = '', parameters = {} } = Object(definition.function ?? definition);
  return { name: String(name), description: String(description), parameters, execute: () => '' };
}

function checkLength({ ids }: Opening, contextLength = Number.POSITIVE_INFINITY): void {
  if (ids.length < contextLength) return;
  throw new HttpError(
    400,
    `The conversation has ${ids.length} tokens; the model reads fewer than ${contextLength}.`,
  );
}

function isRetry({ headers }: JsonRequest): boolean {
  return (
    headers['idempotency-key'] !== undefined || Number(headers['x-stainless-retry-count'] ?? 0) > 0
  );
}

/** The same for the same request of the same client; none for clients that never say that they ask again. */
function replayKey({ headers, text }: JsonRequest, scope: string): string | undefined {
  const key = headers['idempotency-key'] ?? '';
  if (key === '' && headers['x-stainless-retry-count'] === undefined) return undefined;
  return createHash('sha256')
    .update(JSON.stringify([scope, key, text]))
    .digest('hex');
}

function checkedScope(scope: string): string {
  if (/^[\w.:-]{1,128}$/.test(scope)) return scope;
  throw new RangeError(
    `urlOf: a scope needs 1 to 128 letters, digits and _ . : -, got "${scope}". Choose another.`,
  );
}
