/** A call that took longer than it may. */
export class TimedOut extends Error {
  override readonly name = 'TimedOut';
}

/** How long a call may take, and what cuts it short. */
export interface Limit {
  /** What is called, for the error: `step`. */
  readonly what: string;
  /** In ms. Default: no limit. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Calls a function that may hang, and waits for it no longer than allowed. What it does later is of no consequence.
 *
 * @param run gets a signal that is aborted when its result is no longer wanted
 * @throws what the function throws, TimedOut, or the reason of the given signal
 */
export async function withinLimit<Value>(
  run: (signal: AbortSignal) => Value | Promise<Value>,
  { what, timeoutMs, signal }: Limit,
): Promise<Value> {
  signal?.throwIfAborted();
  const inner = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stop = () => {};
  const stopped = new Promise<never>((_, reject) => {
    stop = () => {
      reject(signal?.reason);
      inner.abort(signal?.reason);
    };
    if (timeoutMs === undefined) return;
    timer = setTimeout(() => {
      const error = new TimedOut(`${what} took longer than ${timeoutMs} ms`);
      reject(error);
      inner.abort(error);
    }, timeoutMs);
  });
  signal?.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([run(inner.signal), stopped]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
  }
}
