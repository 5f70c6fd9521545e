/** Options of `withinTime`. */
export interface TimeLimit {
  /** What is called, for the error: `the user simulator`. */
  readonly what: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** A call that took longer than it may. */
export class TimeLimitError extends Error {}

/**
 * Calls a function that may hang, and waits for it no longer than allowed.
 *
 * @param run gets a signal that is aborted when its result is no longer wanted
 * @throws what the function throws; a time-out; or the reason of the given signal
 */
export async function withinTime<Value>(
  run: (signal: AbortSignal) => Value | Promise<Value>,
  { what, timeoutMs, signal }: TimeLimit,
): Promise<Value> {
  signal?.throwIfAborted();
  const inner = new AbortController();
  let stop = () => {};
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stopped = new Promise<never>((_, reject) => {
    stop = () => reject(signal?.reason);
    const error = new TimeLimitError(
      `${what}: needs to answer within ${timeoutMs} ms, got nothing. Make it faster or raise the limit.`,
    );
    timer = setTimeout(() => reject(error), timeoutMs);
  });
  signal?.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([run(inner.signal), stopped]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
    inner.abort();
  }
}

/** Refuses a limit that a timer cannot keep: Node's timers fire at once beyond 2³¹ − 1 ms. */
export function checkTimeLimit(caller: string, option: string, timeoutMs: number): void {
  if (timeoutMs > 0 && timeoutMs < 2 ** 31) return;
  throw new RangeError(
    `${caller}: ${option} must lie between 0 and 2^31 ms (24 days), got ${timeoutMs}. ` +
      'Choose the longest time that one call may take.',
  );
}

/** Refuses a limit that is not a count. */
export function checkCount(caller: string, option: string, count: number): void {
  if (Number.isInteger(count) && count >= 1) return;
  throw new RangeError(
    `${caller}: ${option} must be an integer of at least 1, got ${count}. Choose a limit.`,
  );
}
