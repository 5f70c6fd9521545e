import { backOff } from '../transport/back-off.js';
import { TinkerError } from '../transport/tinker-error.js';
import type { Answer, Transport } from '../transport/transport.js';
import type { ClientLimits } from '../types.js';
import { isObject } from './fields.js';
import { failureOf, isPending } from './results.js';

export interface RetrieveOptions
  extends Pick<ClientLimits, 'pollTimeoutMs' | 'resultTimeoutMs' | 'retries' | 'retryDelayMs'> {
  /** What the result is of, for errors. */
  readonly of: string;
  /** Submits the request again where the server lost its result. Absent: that must not be done. */
  readonly resubmit?: (() => Promise<string>) | undefined;
  readonly signal: AbortSignal;
}

const ROUTE = { method: 'POST', route: 'retrieve_future' } as const;
/** A poll that comes back sooner than this was not held open: wait before the next. */
const HELD_MS = 200;
const RESUBMISSIONS = 3;

/**
 * Polls for a result until it is there. The server holds each poll open; giving one up does no harm.
 *
 * @throws TinkerError `failed` with the server's words, `timeout` after `resultTimeoutMs`, `lost` where the result is
 * gone, or what stood in the way `retries` times in a row
 */
export async function retrieve(
  transport: Transport,
  requestId: string,
  options: RetrieveOptions,
): Promise<unknown> {
  const { of, pollTimeoutMs, resultTimeoutMs, retries, retryDelayMs, resubmit, signal } = options;
  const started = performance.now();
  let id = requestId;
  let resubmitted = 0;
  let troubles = 0; // in a row
  let early = 0; // polls in a row that were not held open
  const fail = (kind: TinkerError['kind'], text: string, status?: number) =>
    transport.fail(ROUTE, kind, `for ${of} ${text}`, status);

  for (;;) {
    const left = resultTimeoutMs - (performance.now() - started);
    if (left <= 0) {
      throw fail('timeout', `gave no result within ${resultTimeoutMs} ms. Raise resultTimeoutMs.`);
    }
    const polled = performance.now();
    let answer: Answer | undefined;
    let trouble: TinkerError | undefined;
    try {
      const timeoutMs = Math.max(1, Math.round(Math.min(pollTimeoutMs, left)));
      answer = await transport.once({
        ...ROUTE,
        body: { request_id: id },
        repeats: 'always',
        timeoutMs,
        signal,
      });
    } catch (error) {
      if (!(error instanceof TinkerError) || error.kind === 'malformed') throw error;
      if (error.kind !== 'timeout') trouble = error; // a poll that was given up says nothing
    }
    if (answer) {
      const { status, body, detail } = answer;
      if (status === 200) {
        if (!isObject(body)) throw fail('malformed', 'needs an object as result, got another.');
        const result = body;
        const failure = failureOf(result);
        if (failure !== undefined) throw fail('failed', `says: ${failure}`, status);
        if (!isPending(result)) return result;
      } else if (status === 410 && resubmit && resubmitted < RESUBMISSIONS) {
        id = await resubmit();
        resubmitted += 1;
        continue;
      } else if (status === 404 || status === 410) {
        throw fail('lost', `answered ${status}: ${detail}. Was the server restarted?`, status);
      } else if (status >= 500 || status === 429) {
        trouble = fail('unreachable', `answered ${status}: ${detail}.`, status);
      } else if (status !== 408) {
        throw fail(isForgotten(detail) ? 'lost' : 'failed', `says: ${detail}`, status);
      }
    }
    if (trouble) {
      troubles += 1;
      if (troubles > retries) {
        throw new TinkerError(trouble.kind, `${trouble.message} Tried ${troubles} times.`);
      }
      await backOff(troubles - 1, retryDelayMs, signal, answer?.retryAfterMs);
      continue;
    }
    troubles = 0;
    early = performance.now() - polled < HELD_MS ? early + 1 : 0;
    if (early > 1) await backOff(Math.min(early - 2, 5), HELD_MS / 4, signal);
  }
}

/** What a server says of a model that it had before it was restarted, or before the session ran out. */
function isForgotten(detail: string): boolean {
  return /not loaded/.test(detail);
}
