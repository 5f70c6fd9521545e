import { backOff } from './back-off.js';
import { messageOf, TinkerError } from './tinker-error.js';

/** One request. */
export interface Call {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Below `/api/v1/`. */
  readonly route: string;
  readonly body?: unknown;
  /** When it may be sent again: whatever became of the first attempt, only where that was turned away, or never. */
  readonly repeats: 'always' | 'if-turned-away' | 'never';
  readonly timeoutMs?: number;
  readonly signal: AbortSignal;
}

/** What a server answered, whatever it says. */
export interface Answer {
  readonly status: number;
  /** The JSON, or undefined where the body is empty or none. */
  readonly body: unknown;
  /** What an error says: `detail` or the start of the body, without the key. */
  readonly detail: string;
  readonly retryAfterMs: number;
}

export interface Transport {
  /** One attempt. @throws TinkerError where no whole answer came */
  once(call: Call): Promise<Answer>;
  /** As many attempts as it takes and the bounds allow. @throws TinkerError unless the status is 2xx */
  send(call: Call): Promise<unknown>;
  /** An error that names the request. */
  fail(
    call: Pick<Call, 'method' | 'route'>,
    kind: TinkerError['kind'],
    text: string,
    status?: number,
  ): TinkerError;
}

export interface TransportOptions {
  readonly url: string;
  readonly apiKey?: string | undefined;
  readonly timeoutMs: number;
  readonly retries: number;
  readonly retryDelayMs: number;
  readonly maxResponseBytes: number;
}

/** Characters of a server's words that an error repeats. */
const EXCERPT = 300;
/** The server did nothing with the request. */
const TURNED_AWAY = [425, 429];
/** Codes of connections that never came about. */
const NEVER_SENT = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'];

/** Sends JSON to a server and reads JSON. The key goes into one header and nowhere else. */
export function createTransport({
  url,
  apiKey,
  timeoutMs: usualTimeoutMs,
  retries,
  retryDelayMs,
  maxResponseBytes,
}: TransportOptions): Transport {
  const base = parseUrl(url);
  const withoutKey = (text: string) => (apiKey ? text.replaceAll(apiKey, '[key]') : text);
  const fail: Transport['fail'] = ({ method, route }, kind, text, status) =>
    new TinkerError(kind, withoutKey(`tinker: ${method} ${base}/${route} ${text}`), status);

  async function once(call: Call): Promise<Answer> {
    const { method, route, body, timeoutMs = usualTimeoutMs, signal } = call;
    signal.throwIfAborted();
    const late = AbortSignal.timeout(timeoutMs);
    const over = new AbortController();
    try {
      const response = await fetch(`${base}/${route}`, {
        method,
        redirect: 'error', // a key goes nowhere else
        headers: {
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...(apiKey && { 'x-api-key': apiKey }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.any([signal, late, over.signal]),
      });
      const text = await readText(response, maxResponseBytes);
      const json = parsed(text);
      if (response.ok && text !== '' && json === undefined) {
        throw fail(call, 'malformed', `needs to answer JSON, got ${excerpt(text)}.`);
      }
      const asked = Number(response.headers.get('retry-after') ?? 0);
      return {
        status: response.status,
        body: json,
        detail: withoutKey(detailOf(json) ?? excerpt(text)),
        retryAfterMs: asked > 0 ? asked * 1000 : 0,
      };
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof TinkerError) throw error;
      if (error instanceof TooLarge) {
        throw fail(
          call,
          'malformed',
          `needs to answer in at most ${maxResponseBytes} bytes, got more. Raise maxResponseBytes or send less at a time.`,
        );
      }
      if (late.aborted) {
        throw fail(call, 'timeout', `did not answer within ${timeoutMs} ms. Is the server busy?`);
      }
      const unsent = NEVER_SENT.includes(codeOf(error)) ? NOTHING_SENT : undefined;
      throw fail(call, 'unreachable', `cannot be reached: ${messageOf(error)}.`, unsent);
    } finally {
      over.abort(); // gives up what is left of the answer
    }
  }

  async function send(call: Call): Promise<unknown> {
    for (let attempt = 0; ; attempt++) {
      let trouble: TinkerError;
      let askedMs = 0;
      let mayRepeat: boolean;
      try {
        const answer = await once(call);
        const { status, body, detail } = answer;
        if (status >= 200 && status < 300) return body;
        const kind = status === 404 ? 'lost' : 'refused';
        trouble = fail(call, kind, `answered ${status}: ${detail}`, status);
        askedMs = answer.retryAfterMs;
        mayRepeat =
          TURNED_AWAY.includes(status) ||
          (call.repeats === 'always' && (status === 408 || status >= 500));
      } catch (error) {
        if (!(error instanceof TinkerError)) throw error;
        trouble = error;
        mayRepeat =
          error.status === NOTHING_SENT ||
          (call.repeats === 'always' && error.kind !== 'malformed');
      }
      if (!mayRepeat || call.repeats === 'never') throw trouble;
      if (attempt >= retries) {
        const { kind, message, status } = trouble;
        throw new TinkerError(kind, `${message} Tried ${attempt + 1} times.`, status);
      }
      await backOff(attempt, retryDelayMs, call.signal, askedMs);
    }
  }

  return { once, send, fail };
}

/** In the place of a status: the connection did not come about. */
const NOTHING_SENT = 0;

class TooLarge extends Error {}

/** The text of a body. @throws TooLarge once it is longer than `maxBytes` */
async function readText(response: Response, maxBytes: number): Promise<string> {
  if (response.body === null) return '';
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw new TooLarge();
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** What `detail` says: a sentence, or one line per field that was wrong. */
function detailOf(json: unknown): string | undefined {
  if (typeof json !== 'object' || json === null) return undefined;
  const { detail } = json as { detail?: unknown };
  if (typeof detail === 'string') return detail.slice(0, EXCERPT);
  if (!Array.isArray(detail)) return undefined;
  const lines = (detail as { loc?: unknown; msg?: unknown }[]).map(
    (one) => `${Array.isArray(one?.loc) ? one.loc.join('.') : '?'}: ${String(one?.msg)}`,
  );
  return lines.join('; ').slice(0, EXCERPT);
}

function excerpt(text: string): string {
  return JSON.stringify(text.slice(0, EXCERPT));
}

function codeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : '';
}

function parseUrl(url: string): string {
  let place: URL;
  try {
    place = new URL(url);
  } catch {
    throw new Error(
      `connectTinker: needs a url such as http://localhost:8000, got ${JSON.stringify(url)}.`,
    );
  }
  if (place.username || place.password) {
    throw new Error(
      'connectTinker: needs a url without user and password, got one with them. Use apiKey.',
    );
  }
  return `${place.origin}${place.pathname.replace(/\/+$/, '')}/api/v1`;
}
