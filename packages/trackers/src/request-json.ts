import { redactText } from './redact.js';
import { SinkFailure } from './sink-failure.js';

const EXCERPT = 300;

export interface JsonRequest {
  readonly method?: 'GET' | 'POST';
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Never stand in an error. */
  readonly secrets?: readonly string[];
}

/** A server's answer. */
export interface JsonAnswer {
  readonly status: number;
  /** An empty object where the answer is not a JSON object. */
  readonly body: Readonly<Record<string, unknown>>;
}

/**
 * Asks a server once. Redirections are refused: a token must not go where it was not meant to.
 *
 * @param who for errors: `mlflow`
 * @param accepts statuses besides 2xx that are answers, not failures
 * @throws SinkFailure; no connection, a timeout, 408, 429 and 5xx are worth another try, the rest is not
 */
export async function requestJson(
  who: string,
  url: string,
  { method = 'POST', body, headers = {}, signal, secrets = [] }: JsonRequest,
  accepts: readonly number[] = [],
): Promise<JsonAnswer> {
  const place = new URL(url);
  const shown = `${place.origin}${place.pathname}`;
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      redirect: 'manual',
      signal,
    });
    text = await response.text();
  } catch (error) {
    const message = `${who}: needs an answer from ${shown}, got none (${reasonOf(error)}).`;
    throw new SinkFailure(redactText(message, secrets), { isRetryable: true });
  }
  const { status } = response;
  if (response.ok || accepts.includes(status)) return { status, body: objectOf(text) };
  const answer = `${who}: needs success from ${shown}, got ${status}: ${text.slice(0, EXCERPT)}`;
  throw new SinkFailure(redactText(answer.trim(), secrets), {
    isRetryable: status === 408 || status === 429 || status >= 500,
    retryAfterMs: retryAfter(response.headers.get('retry-after')),
  });
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}

function objectOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** Seconds; the form with a date is left to the back-off. */
function retryAfter(header: string | null): number | undefined {
  const seconds = Number(header ?? Number.NaN);
  return seconds >= 0 ? seconds * 1000 : undefined;
}
