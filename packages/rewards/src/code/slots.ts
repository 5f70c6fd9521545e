/** Runs work, so many pieces at once at most; the others wait their turn, unless their signal is aborted. */
export type Slots = <T>(work: () => Promise<T>, signal?: AbortSignal) => Promise<T>;

/** Makes slots for `concurrency` pieces of work at once. */
export function createSlots(concurrency: number): Slots {
  const waiting: (() => void)[] = [];
  let free = concurrency;
  const take = (signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      if (free > 0) {
        free--;
        return resolve();
      }
      const go = (): void => {
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      const leave = (): void => {
        waiting.splice(waiting.indexOf(go), 1);
        reject(signal?.reason);
      };
      waiting.push(go);
      signal?.addEventListener('abort', leave, { once: true });
    });
  const give = (): void => {
    const next = waiting.shift();
    if (next === undefined) free++;
    else next();
  };
  return async (work, signal) => {
    await take(signal);
    try {
      return await work();
    } finally {
      give();
    }
  };
}
