import { setTimeout as sleep } from 'node:timers/promises';
import type { ChatModel } from '../types.js';
import { ChatModelError, isRetryable } from './chat-model-error.js';
import { sameModel } from './with-timeout.js';

/** Options of `withRetries`. */
export interface RetryOptions {
  /** How often a call is made again after it failed. Default 4. */
  readonly retries?: number;
  /** Mean wait before the first retry, in ms; it doubles with each. Default 500. */
  readonly baseDelayMs?: number;
  /** Longest wait, in ms. Default 30 000. */
  readonly maxDelayMs?: number;
  /** A uniform number in [0, 1), which spreads the retries of many callers. Default Math.random. */
  readonly random?: () => number;
  /** Waits. Default a timer. */
  readonly wait?: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
}

/**
 * Calls again after a failure that may pass: 429, 5xx, a broken connection, a time-out, an answer that
 * cannot be read. Before retry k it waits
 *
 *     (½ + u) · min(maxDelayMs, baseDelayMs · 2^k),  u uniform in [0, 1)
 *
 * or as long as the endpoint asked in Retry-After plus up to a quarter, so that those who were sent away
 * together do not come back together. An endpoint that asks for more than maxDelayMs is not asked again.
 *
 * @throws RangeError if retries is not an integer of at least 0 or a delay is negative
 */
export function withRetries(
  chatModel: ChatModel,
  {
    retries = 4,
    baseDelayMs = 500,
    maxDelayMs = 30_000,
    random = Math.random,
    wait = timer,
  }: RetryOptions = {},
): ChatModel {
  if (!(Number.isInteger(retries) && retries >= 0 && baseDelayMs >= 0 && maxDelayMs >= 0)) {
    throw new RangeError(
      `withRetries: needs retries and delays of at least 0, got retries ${retries}, ` +
        `baseDelayMs ${baseDelayMs}, maxDelayMs ${maxDelayMs}. Use retries 0 to call once.`,
    );
  }
  const patient: ChatModel = async (messages, options) => {
    for (let k = 0; ; k++) {
      options?.signal?.throwIfAborted();
      try {
        return await chatModel(messages, options);
      } catch (error) {
        options?.signal?.throwIfAborted();
        const asked = error instanceof ChatModelError ? error.retryAfterMs : undefined;
        if (k >= retries || !isRetryable(error) || (asked ?? 0) > maxDelayMs) throw error;
        const own = (0.5 + random()) * Math.min(maxDelayMs, baseDelayMs * 2 ** k);
        await wait(asked === undefined ? own : asked * (1 + random() / 4), options?.signal);
      }
    }
  };
  return sameModel(patient, chatModel);
}

async function timer(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(ms, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    signal?.throwIfAborted(); // with the caller's reason rather than the timer's
    throw error;
  }
}
