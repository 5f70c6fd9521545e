/** Runs a task once fewer than the limit are running. */
export type Queue = <T>(task: () => Promise<T>, signal?: AbortSignal) => Promise<T>;

/**
 * A queue, first come first served. An aborted task leaves it; one that finds it full is refused.
 *
 * @param limit tasks that run at the same time
 * @param maxWaiting tasks that may wait
 */
export function createQueue(limit: number, maxWaiting: number): Queue {
  let running = 0;
  const waiting = new Set<() => void>();

  async function enter(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (running < limit) {
      running += 1;
      return;
    }
    if (waiting.size >= maxWaiting) {
      throw new Error(
        `tinker: needs at most ${maxWaiting} requests that wait, got one more. Ask for less at a time, or raise maxWaiting.`,
      );
    }
    await new Promise<void>((resolve, reject) => {
      const quit = () => {
        waiting.delete(start);
        reject(signal?.reason);
      };
      const start = () => {
        waiting.delete(start);
        signal?.removeEventListener('abort', quit);
        resolve();
      };
      waiting.add(start);
      signal?.addEventListener('abort', quit, { once: true });
    });
  }

  return async (task, signal) => {
    await enter(signal);
    try {
      return await task();
    } finally {
      const [next] = waiting;
      if (next)
        next(); // takes over the place
      else running -= 1;
    }
  };
}
