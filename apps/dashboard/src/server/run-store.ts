import { setTimeout as delay } from 'node:timers/promises';
import type { RunSummary } from '../types.js';
import { findRuns } from './find-runs.js';
import { RunReader } from './run-reader.js';

/** How long an answer waits for what is being read, in ms; what comes later is told by the live stream. */
const PATIENCE_MS = 200;

/** Every run below the given folders; those that begin later join. */
export class RunStore {
  readonly #folders: readonly string[];
  readonly #readers = new Map<string, RunReader>();

  constructor(folders: readonly string[]) {
    this.#folders = folders;
    this.#look(findRuns(folders));
  }

  run(id: string): RunReader | undefined {
    return this.#readers.get(id);
  }

  summaries(): RunSummary[] {
    return [...this.#readers.values()].map((reader) => reader.summary());
  }

  /** Looks for new runs and reads what all of them wrote since. */
  async refresh(): Promise<void> {
    this.#look(findRuns(this.#folders)); // of a folder that is gone, what was read is still shown
    const readers = [...this.#readers.values()];
    for (const reader of readers) await reader.refreshCurves(); // before the episodes of any: those are long
    for (const reader of readers) await reader.refresh();
  }

  /** As `refresh`, of one run or of all, but gives up waiting, not reading, after a moment. */
  async refreshFor(reader?: RunReader): Promise<void> {
    const stop = new AbortController();
    const patience = delay(PATIENCE_MS, undefined, { signal: stop.signal }).catch(() => {});
    await Promise.race([(reader ?? this).refresh(), patience]);
    stop.abort();
  }

  #look(found: ReturnType<typeof findRuns>): void {
    for (const run of found) {
      if (!this.#readers.has(run.id)) this.#readers.set(run.id, new RunReader(run));
    }
  }
}
