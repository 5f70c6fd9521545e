import { join } from 'node:path';

/** The files of a run, by what they hold. */
export interface RunFiles {
  /** The resolved configuration; `configFromFile` reads it. */
  readonly config: string;
  /** What the run was made of: names of its parts, versions, facts. */
  readonly run: string;
  /** One line per step. */
  readonly metrics: string;
  /** One line per episode. */
  readonly episodes: string;
  /** One line per thing that happened: checkpoints, alarms, skipped steps, errors. */
  readonly events: string;
  readonly checkpoints: string;
}

/** Where the files of a run stand in its folder. */
export function runFiles(folder: string): RunFiles {
  return {
    config: join(folder, 'config.json'),
    run: join(folder, 'run.json'),
    metrics: join(folder, 'metrics.jsonl'),
    episodes: join(folder, 'episodes.jsonl'),
    events: join(folder, 'events.jsonl'),
    checkpoints: join(folder, 'checkpoints'),
  };
}
