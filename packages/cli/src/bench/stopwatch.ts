/** Seconds by name, of work that may overlap with itself: what runs at the same time counts once. */
export interface Stopwatch {
  /** Begins a part. @returns what ends it */
  start(part: string): () => void;
  /** Times work that is awaited. */
  time<T>(part: string, work: () => Promise<T>): Promise<T>;
  /** The seconds since the last call, by name. */
  take(): Record<string, number>;
}

export function createStopwatch(now: () => number = () => performance.now()): Stopwatch {
  let spent: Record<string, number> = {};
  const open = new Map<string, { count: number; since: number }>();
  const start: Stopwatch['start'] = (part) => {
    const entry = open.get(part) ?? { count: 0, since: 0 };
    if (entry.count++ === 0) entry.since = now();
    open.set(part, entry);
    return () => {
      if (--entry.count === 0) spent[part] = (spent[part] ?? 0) + (now() - entry.since) / 1000;
    };
  };
  return {
    start,
    time: async (part, work) => {
      const end = start(part);
      try {
        return await work();
      } finally {
        end();
      }
    },
    take: () => {
      const taken = spent;
      spent = {};
      return taken;
    },
  };
}
