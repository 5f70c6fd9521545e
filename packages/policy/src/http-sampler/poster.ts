import { setTimeout } from 'node:timers/promises';
import { keyedRandom } from '@grpo/random';

export interface PosterOptions {
  readonly apiKey: string | undefined;
  readonly timeoutMs: number;
  readonly retries: number;
  readonly retryDelayMs: number;
}

/** An answer with status 200, its body unread. */
export interface ServerAnswer {
  readonly response: Response;
  /** An error that names the server, for what went wrong while the answer was read. */
  explain(error: unknown): unknown;
  /** Gives up what is left of the answer. */
  close(): void;
}

export interface Poster {
  /**
   * Sends a body until it is answered with success, or no attempt is left.
   *
   * @param seed of the jitter between attempts
   */
  post(body: unknown, seed: number, signal: AbortSignal): Promise<ServerAnswer>;
}

/** Longest wait between two attempts, also where the server asks for more. */
const LONGEST_WAIT_MS = 30_000;
/** Bytes that are read of an answer that is an error. */
const EXCERPT_BYTES = 4096;

/**
 * Sends JSON to one address. Sends again only what cannot have been answered: after 429 and 5xx, and where the
 * connection failed before an answer began.
 */
export function createPoster(
  address: string,
  { apiKey, timeoutMs, retries, retryDelayMs }: PosterOptions,
): Poster {
  const place = parseAddress(address);
  const name = `${place.origin}${place.pathname}`;
  const withoutKey = (text: string) => (apiKey ? text.replaceAll(apiKey, '[key]') : text);
  const failure = (text: string, cause?: unknown) =>
    new Error(withoutKey(`sample: ${name} ${text}`), cause === undefined ? {} : { cause });

  return {
    async post(body, seed, signal) {
      const random = keyedRandom(seed, 'retry');
      for (let attempt = 0; ; attempt++) {
        const over = new AbortController();
        const late = AbortSignal.timeout(timeoutMs);
        const explain = (error: unknown): unknown => {
          if (late.aborted) {
            return failure(`did not answer within ${timeoutMs} ms. Raise timeoutMs.`);
          }
          return failure(`answered otherwise than expected: ${messageOf(error)}.`);
        };
        let trouble: Error;
        let asked = 0;
        try {
          const response = await fetch(place, {
            method: 'POST',
            redirect: 'error', // a key goes nowhere else
            headers: {
              'content-type': 'application/json',
              ...(apiKey && { authorization: `Bearer ${apiKey}` }),
            },
            body: JSON.stringify(body),
            signal: AbortSignal.any([signal, late, over.signal]),
          });
          if (response.ok) return { response, explain, close: () => over.abort() };
          const excerpt = await readText(response, EXCERPT_BYTES).catch(() => '');
          over.abort();
          trouble = failure(`answered ${response.status}: ${excerpt.slice(0, 300)}`);
          if (response.status !== 429 && response.status < 500) throw new Refusal(trouble);
          asked = secondsOf(response.headers.get('retry-after')) * 1000;
        } catch (error) {
          signal.throwIfAborted();
          if (error instanceof Refusal) throw error.reason;
          if (late.aborted) throw explain(error);
          trouble = failure(`cannot be reached: ${messageOf(error)}.`);
        }
        if (attempt >= retries) {
          throw attempt === 0
            ? trouble
            : new Error(`${trouble.message} Tried ${attempt + 1} times.`);
        }
        const wait = Math.max(asked, retryDelayMs * 2 ** attempt * (0.5 + random.next() / 2));
        await setTimeout(Math.min(wait, LONGEST_WAIT_MS), undefined, { signal }).catch(() =>
          signal.throwIfAborted(),
        );
      }
    },
  };
}

/** The text of a body. */
export async function readText(response: Response, maxBytes: number): Promise<string> {
  let text = '';
  for await (const piece of piecesOf(response, maxBytes)) text += piece;
  return text;
}

/** The text of a body as it arrives. @throws once it is longer than `maxBytes` */
export async function* piecesOf(response: Response, maxBytes: number): AsyncGenerator<string> {
  if (response.body === null) return;
  const decoder = new TextDecoder();
  let bytes = 0;
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw new Error(`needs at most ${maxBytes} bytes, got more`);
    yield decoder.decode(chunk, { stream: true });
  }
  yield decoder.decode();
}

/** An answer that another attempt would not change. */
class Refusal extends Error {
  constructor(readonly reason: Error) {
    super(reason.message);
  }
}

function parseAddress(address: string): URL {
  let place: URL;
  try {
    place = new URL(address);
  } catch {
    throw new Error(
      `createHttpSampler: needs a url such as http://localhost:8000/v1, got ${JSON.stringify(address)}.`,
    );
  }
  if (place.username || place.password) {
    throw new Error(
      'createHttpSampler: needs a url without user and password, got one with them. Use apiKey.',
    );
  }
  return place;
}

function secondsOf(header: string | null): number {
  const seconds = Number(header ?? 0);
  return Number.isFinite(seconds) && seconds > 0 ? seconds : 0;
}

/** What happened, in words; fetch hides it in the cause. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message || error.message : error.message;
}
