import { excerpt } from '../excerpt.js';
import type {
  ChatFailureKind,
  ChatModel,
  ChatModelAnswer,
  ChatModelOptions,
  Message,
} from '../types.js';
import { ChatModelError } from './chat-model-error.js';
import { plainMessages } from './plain-messages.js';
import { readBounded } from './read-bounded.js';
import { withLimit } from './with-limit.js';
import { type RetryOptions, withRetries } from './with-retries.js';
import { withTimeout } from './with-timeout.js';

/** Options of `openAiChatModel`. */
export interface OpenAiOptions extends RetryOptions {
  /** Address up to and with the version, such as `http://127.0.0.1:8000/v1`. */
  readonly baseUrl: string;
  readonly model: string;
  /** Sent as a bearer token; never part of an error. */
  readonly apiKey?: string;
  /** More headers, for endpoints that want their key elsewhere; their values are never part of an error. */
  readonly headers?: Readonly<Record<string, string>>;
  /** More fields of the request's body, such as `{ reasoning_effort: 'low' }`. */
  readonly body?: Readonly<Record<string, unknown>>;
  /** How an answer by a schema is asked for. Default json_schema; `none` for endpoints that know neither. */
  readonly responseFormat?: 'json_schema' | 'json_object' | 'none';
  /** The field for the limit of tokens. Default max_tokens. */
  readonly maxTokensField?: 'max_tokens' | 'max_completion_tokens';
  /** Time limit of one attempt, in ms. Default 120 000. */
  readonly timeoutMs?: number;
  /** How many calls run at once. Default 16. */
  readonly concurrency?: number;
  /** Longest response that is read, in bytes. Default 4 MiB. */
  readonly maxResponseBytes?: number;
}

/**
 * A model behind any endpoint that speaks OpenAI's chat completions: vLLM, llama.cpp, Ollama, SGLang and
 * the hosted ones. Retries what may pass (429, 5xx, broken connections, time-outs, unreadable bodies) as
 * `withRetries` says; each attempt has a time limit and a limit of bytes. Messages of the role `tool` are
 * sent as the user's, since they carry no call id.
 *
 * @throws TypeError if baseUrl is no http address or a header cannot be sent; calls reject with a
 *   `ChatModelError`, or with the reason of their signal
 * @example
 * const chatModel = openAiChatModel({ baseUrl: 'http://127.0.0.1:8000/v1', model: 'qwen3-4b' });
 */
export function openAiChatModel({
  baseUrl,
  model,
  apiKey,
  headers = {},
  body = {},
  responseFormat = 'json_schema',
  maxTokensField = 'max_tokens',
  timeoutMs = 120_000,
  concurrency = 16,
  maxResponseBytes = 4 * 2 ** 20,
  ...retry
}: OpenAiOptions): ChatModel {
  const url = endpoint(baseUrl);
  const shown = `${url.origin}${url.pathname}`; // a query may hold a key
  const secrets = [apiKey, ...Object.values(headers), ...url.searchParams.values()].filter(
    (secret) => secret !== undefined && secret !== '',
  ) as string[];
  const sent = {
    'content-type': 'application/json',
    ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
    ...headers,
  };
  checkHeaders(sent);
  const fail = (kind: ChatFailureKind, what: string, retryAfterMs?: number): ChatModelError => {
    const hidden = secrets.reduce((text, secret) => text.replaceAll(secret, '…'), what);
    return new ChatModelError(kind, `${shown} ${hidden}`, { retryAfterMs });
  };

  const attempt: ChatModel = async (messages, options = {}) => {
    const request = {
      ...body,
      ...requestBody(messages, options, { model, responseFormat, maxTokensField }),
    };
    let response: Response;
    let text: string | undefined;
    try {
      response = await fetch(url, {
        method: 'POST',
        headers: sent,
        body: JSON.stringify(request),
        redirect: 'manual', // a key does not follow to another address
        signal: options.signal ?? null,
      });
      text = await readBounded(response.body, maxResponseBytes);
    } catch (error) {
      options.signal?.throwIfAborted();
      throw fail(
        'connection',
        `broke off: ${connectionError(error)}. Is it running and reachable?`,
      );
    }
    if (text === undefined) {
      throw fail(
        'too-large',
        `answered more than ${maxResponseBytes} bytes. Raise maxResponseBytes.`,
      );
    }
    if (!response.ok) {
      const { kind, advice } = statusMeaning(response.status);
      const retryAfterMs = retryAfter(response.headers.get('retry-after'));
      throw fail(
        kind,
        `answered ${response.status}: ${hideIn(text, secrets)}. ${advice}`,
        retryAfterMs,
      );
    }
    return readAnswer(text, (kind, what) => fail(kind, what));
  };
  const chatModel = withLimit(withRetries(withTimeout(attempt, timeoutMs), retry), concurrency);
  // What else the body asks for changes the answer as much as the model does.
  const extra = Object.keys(body).length === 0 ? '' : ` ${JSON.stringify(body)}`;
  return Object.assign(chatModel, { id: `${shown} ${model} ${responseFormat}${extra}` });
}

/** Hides before it cuts, so that no half of a secret is left at the cut. */
function hideIn(text: string, secrets: readonly string[]): string {
  return excerpt(secrets.reduce((shown, secret) => shown.replaceAll(secret, '…'), text));
}

function endpoint(baseUrl: string): URL {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  if (
    url === undefined ||
    !/^https?:$/.test(url.protocol) ||
    url.username !== '' ||
    url.password !== ''
  ) {
    throw new TypeError(
      'openAiChatModel: needs a baseUrl such as http://127.0.0.1:8000/v1, without a user name or password, ' +
        `got ${url === undefined ? 'something that is no address' : url.protocol}. Give a key as apiKey.`,
    );
  }
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/chat/completions`;
  return url;
}

function checkHeaders(headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) {
    if (/^[\w!#$%&'*+.^`|~-]+$/.test(name) && /^[\t\x20-\x7e\x80-\xff]*$/.test(value)) continue;
    throw new TypeError(
      `openAiChatModel: needs headers that HTTP can send, got "${name}" with characters it cannot. ` +
        'Look for a line break at the end of the key.',
    );
  }
}

function requestBody(
  messages: readonly Message[],
  { maxTokens, temperature, seed, schema }: ChatModelOptions,
  endpointOptions: {
    readonly model: string;
    readonly responseFormat: string;
    readonly maxTokensField: string;
  },
): Record<string, unknown> {
  const { model, responseFormat, maxTokensField } = endpointOptions;
  return {
    model,
    messages: plainMessages(messages),
    ...(maxTokens === undefined ? {} : { [maxTokensField]: maxTokens }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(seed === undefined ? {} : { seed }),
    ...(schema === undefined || responseFormat === 'none'
      ? {}
      : {
          response_format:
            responseFormat === 'json_object'
              ? { type: 'json_object' }
              : { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema } },
        }),
  };
}

/** `null` and absent are the same in JSON that others write. */
type Loose = Readonly<Record<string, unknown>> | undefined;

function field(value: unknown, name: string | number): unknown {
  return typeof value === 'object' && value !== null ? (value as Loose)?.[name] : undefined;
}

function readAnswer(
  text: string,
  fail: (kind: ChatFailureKind, what: string) => ChatModelError,
): ChatModelAnswer {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw fail('malformed', `answered what is no JSON: ${excerpt(text)}. Is baseUrl right?`);
  }
  const choice = field(field(json, 'choices'), 0);
  const message = field(choice, 'message');
  const refusal = field(message, 'refusal');
  if (typeof refusal === 'string' && refusal !== '') {
    throw fail('refused', `refused: ${excerpt(refusal)}`);
  }
  if (field(choice, 'finish_reason') === 'content_filter') {
    throw fail('refused', 'answered nothing, since its content filter stopped the answer.');
  }
  const content = field(message, 'content');
  const answer = Array.isArray(content)
    ? content.map((part) => field(part, 'text')).join('')
    : content;
  if (typeof answer !== 'string') {
    throw fail(
      'malformed',
      `answered without choices[0].message.content: ${excerpt(text)}. Does it speak chat completions?`,
    );
  }
  const inputTokens = field(field(json, 'usage'), 'prompt_tokens');
  const outputTokens = field(field(json, 'usage'), 'completion_tokens');
  return isCount(inputTokens) && isCount(outputTokens)
    ? { text: answer, usage: { inputTokens, outputTokens } }
    : { text: answer };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function statusMeaning(status: number): {
  readonly kind: ChatFailureKind;
  readonly advice: string;
} {
  if (status === 429) return { kind: 'rate-limited', advice: 'Lower concurrency.' };
  if (status >= 500 || status === 408) return { kind: 'server', advice: "See the server's log." };
  if (status === 401 || status === 403) return { kind: 'client', advice: 'Check the apiKey.' };
  if (status >= 300 && status < 400)
    return { kind: 'client', advice: 'Use the address it moved to.' };
  return { kind: 'client', advice: 'Check baseUrl, model and the options.' };
}

/** Retry-After in ms: seconds or a date; undefined where absent or neither. */
function retryAfter(header: string | null): number | undefined {
  if (header === null) return undefined;
  const seconds = /^\s*\d+(\.\d+)?\s*$/.test(header) ? Number(header) : undefined;
  const ms = seconds === undefined ? Date.parse(header) - Date.now() : seconds * 1000;
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}

/** Node hides the reason, such as ECONNREFUSED, in the cause of "fetch failed". */
function connectionError(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const code = field(cause, 'code');
  return excerpt(
    typeof code === 'string' ? code : cause instanceof Error ? cause.message : String(cause),
  );
}
