import { readFileSync, statSync } from 'node:fs';
import type { Tokenizer } from '@grpo/policy';
import { isRunHeld, type RunFiles, runFiles } from '@grpo/trainer';
import type {
  EpisodeDetail,
  EpisodeLine,
  MetricsRecord,
  RunConfig,
  RunEvent,
  RunState,
  RunSummary,
} from '../types.js';
import { EpisodeIndex, relatives } from './episode-index.js';
import type { FoundRun } from './find-runs.js';
import { isInside } from './inside.js';
import { bytesAt, LineFollower } from './line-follower.js';
import { MetricColumns } from './metric-columns.js';
import { tokenizerFolders } from './tokenizer-folders.js';

/** What a run's files hold, read as they grow. */
export class RunReader {
  readonly id: string;
  readonly folder: string;
  readonly #files: RunFiles;
  readonly #followers: readonly Follower[];
  #metrics = new MetricColumns();
  #episodes = new EpisodeIndex();
  #events: RunEvent[] = [];
  #damagedLines = 0;
  #resets = 0;
  #maxSteps: number | undefined;
  #weights: Readonly<Record<string, number>> | undefined;
  #tokenizer: Tokenizer | undefined;

  constructor({ id, folder }: FoundRun) {
    this.id = id;
    this.folder = folder;
    this.#files = runFiles(folder);
    const onDamage = () => {
      this.#damagedLines++;
    };
    this.#followers = [
      {
        path: this.#files.metrics,
        lines: new LineFollower<MetricsRecord>(this.#files.metrics, {
          onLine: ({ record }) => this.#metrics.add(record),
          onReset: () => {
            this.#metrics = new MetricColumns();
            this.#resets++;
          },
          onDamage,
        }),
      },
      {
        path: this.#files.events,
        lines: new LineFollower<RunEvent>(this.#files.events, {
          onLine: ({ record }) => this.#events.push(record),
          onReset: () => {
            this.#events = [];
            this.#resets++;
          },
          onDamage,
        }),
      },
      {
        path: this.#files.episodes,
        lines: new LineFollower<EpisodeLine>(this.#files.episodes, {
          onLine: (line) => this.#episodes.add(line, this.#weightsOfRewards()),
          onReset: () => {
            this.#episodes = new EpisodeIndex();
            this.#weights = undefined;
            this.#resets++;
          },
          onDamage,
        }),
      },
    ];
  }

  get metrics(): MetricColumns {
    return this.#metrics;
  }

  get episodes(): EpisodeIndex {
    return this.#episodes;
  }

  get events(): readonly RunEvent[] {
    return this.#events;
  }

  /** Reads what the run wrote since the last time. */
  async refresh(): Promise<void> {
    await this.#read(this.#followers);
  }

  /** Reads metrics and events alone. */
  async refreshCurves(): Promise<void> {
    await this.#read(this.#followers.filter(({ path }) => path !== this.#files.episodes));
  }

  async #read(followers: readonly Follower[]): Promise<void> {
    for (const { path, lines } of followers) if (isInside(this.folder, path)) await lines.read();
  }

  summary(): RunSummary {
    const state = stateOf(this.#events, isRunHeld(this.folder));
    const times = [this.#files.metrics, this.#files.events].map(
      (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0,
    );
    const bytesLeft = this.#followers.reduce((sum, { lines }) => sum + lines.bytesLeft, 0);
    return {
      id: this.id,
      state,
      step: this.#metrics.lastStep,
      maxSteps: maxStepsOf(this.#events) ?? this.#configuredSteps(),
      metricNames: this.#metrics.names,
      rowCount: this.#metrics.rows,
      episodeCount: this.#episodes.entries.length,
      rewardNames: this.#episodes.rewardNames,
      events: this.#events.length,
      alarms: this.#events.filter(({ event }) => event === 'alarm').length,
      lastWrite: Math.round(Math.max(...times)),
      bytesLeft,
      damagedLines: this.#damagedLines,
      version: [
        this.#resets,
        this.#metrics.rows,
        this.#episodes.entries.length,
        this.#events.length,
        state,
      ].join('.'),
    };
  }

  /** Written before the first episode; runs of earlier versions have none. */
  #weightsOfRewards(): Readonly<Record<string, number>> {
    this.#weights ??= (this.config().run?.rewards ?? {}) as Readonly<Record<string, number>>;
    return this.#weights;
  }

  /** For runs that began before events told it. A run's configuration is written once. */
  #configuredSteps(): number | null {
    const steps = this.#maxSteps ?? this.config().config?.maxSteps;
    if (typeof steps === 'number') this.#maxSteps = steps;
    return this.#maxSteps ?? null;
  }

  config(): RunConfig {
    return { config: this.#json(this.#files.config), run: this.#json(this.#files.run) };
  }

  /** The whole of one episode, read from its place in the file. */
  async episode(n: number): Promise<EpisodeDetail | undefined> {
    if (this.#episodes.place(n) === undefined) await this.refresh(); // a link may open before all is read
    const place = this.#episodes.place(n);
    if (place === undefined || !isInside(this.folder, this.#files.episodes)) return undefined;
    const bytes = bytesAt(this.#files.episodes, place.start, place.end - place.start);
    let line: EpisodeLine;
    try {
      line = JSON.parse(bytes.toString('utf8')) as EpisodeLine;
    } catch {
      return undefined; // cut off since, by a run that resumed
    }
    return {
      ...line,
      n,
      pieces: await this.#pieces(line.ids),
      ...relatives(this.#episodes.entries, n),
    };
  }

  async #pieces(ids: readonly number[]): Promise<string[] | null> {
    const folders = this.#tokenizer ? [] : tokenizerFolders(this.folder);
    if (!this.#tokenizer && folders.length === 0) return null;
    const { tokenizerIn, tokenPieces } = await import('./token-pieces.js'); // brings a tensor library with it
    this.#tokenizer ??= tokenizerIn(folders);
    if (this.#tokenizer === undefined) return null;
    try {
      return tokenPieces(ids, this.#tokenizer);
    } catch {
      return null; // ids of another vocabulary: the page shows the ids
    }
  }

  #json(path: string): Record<string, unknown> | null {
    if (!isInside(this.folder, path)) return null;
    try {
      const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
      return typeof value === 'object' && value !== null ? { ...value } : null;
    } catch {
      return null; // being written
    }
  }
}

interface Follower {
  readonly path: string;
  readonly lines: Pick<LineFollower<unknown>, 'read' | 'bytesLeft'>;
}

const ENDS: Partial<Record<RunEvent['event'], RunState>> = {
  started: 'stopped',
  resumed: 'stopped',
  finished: 'finished',
  failed: 'failed',
};

/** A run that a process holds is running; how another stands, the last event of the kind tells. */
export function stateOf(events: readonly RunEvent[], isHeld: boolean): RunState {
  if (isHeld) return 'running';
  return (
    events
      .map(({ event }) => ENDS[event])
      .filter(Boolean)
      .at(-1) ?? 'stopped'
  );
}

/** A run that goes on may be told to go further than its configuration says. */
function maxStepsOf(events: readonly RunEvent[]): number | null {
  const told = events.map(({ fields }) => fields?.maxSteps).filter((n) => typeof n === 'number');
  return told.at(-1) ?? null;
}
