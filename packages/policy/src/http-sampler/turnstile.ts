/** Lets a task in when fewer than `limit` are inside. */
export type Turnstile = <T>(task: () => Promise<T>, signal: AbortSignal) => Promise<T>;

/** A queue before tasks of which only `limit` may run at the same time. An aborted one leaves the queue. */
export function createTurnstile(limit: number): Turnstile {
  if (!(Number.isInteger(limit) && limit > 0)) {
    throw new Error(`createHttpSampler: needs a concurrency of at least 1, got ${limit}.`);
  }
  let inside = 0;
  const waiting = new Set<() => void>();
  const leave = () => {
    inside -= 1;
    const [next] = waiting;
    next?.();
  };
  return async (task, signal) => {
    if (inside >= limit) {
      await new Promise<void>((resolve, reject) => {
        const quit = () => {
          waiting.delete(enter);
          reject(signal.reason);
        };
        const enter = () => {
          waiting.delete(enter);
          signal.removeEventListener('abort', quit);
          inside += 1;
          resolve();
        };
        waiting.add(enter);
        signal.addEventListener('abort', quit, { once: true });
      });
    } else inside += 1;
    try {
      signal.throwIfAborted();
      return await task();
    } finally {
      leave();
    }
  };
}
