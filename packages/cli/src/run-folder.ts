import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  bestStep,
  configFromFile,
  isRunHeld,
  latestCheckpoint,
  type MetricsRecord,
  type RunDescription,
  readMetrics,
  runFiles,
  type TrainConfig,
} from '@grpo/trainer';
import { CommandError, EXIT } from './command-error.js';

/** A run as its folder tells it. */
export interface Run {
  readonly folder: string;
  readonly config: Partial<TrainConfig>;
  readonly description: Partial<RunDescription>;
  readonly records: readonly MetricsRecord[];
  /** Whether a process holds it. */
  readonly isOpen: boolean;
  /** Its last change, in ms since 1970. */
  readonly changed: number;
}

/** Which checkpoint of a run: the newest whole one, that of the best evaluation, or that of a step. */
export type CheckpointChoice = 'latest' | 'best' | number;

/** Whether a folder is one that training wrote. */
export function isRun(folder: string): boolean {
  return existsSync(runFiles(folder).config) && existsSync(runFiles(folder).run);
}

/** @throws CommandError (usage) where the folder is no run */
export function readRun(folder: string): Run {
  if (!isRun(folder)) {
    throw new CommandError(
      EXIT.usage,
      `grpo: needs the folder of a run, with run.json and config.json, got ${folder}. List runs with: grpo runs`,
    );
  }
  const files = runFiles(folder);
  return {
    folder,
    config: configFromFile(files.config),
    description: JSON.parse(readFileSync(files.run, 'utf8')) as Partial<RunDescription>,
    records: readMetrics(files.metrics),
    isOpen: isRunHeld(folder),
    changed: statSync(existsSync(files.metrics) ? files.metrics : files.run).mtimeMs,
  };
}

/** The runs in a folder, by their names; the folder itself where it is one. */
export function runsIn(folder: string): Run[] {
  if (isRun(folder)) return [readRun(folder)];
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && isRun(join(folder, entry.name)))
    .map(({ name }) => readRun(join(folder, name)))
    .sort((a, b) => a.folder.localeCompare(b.folder, 'en', { numeric: true }));
}

/** The first of `FOLDER/run-1`, `run-2`, … that is not there. */
export function nextRunFolder(folder: string): string {
  for (let n = 1; ; n++) {
    const candidate = join(folder, `run-${n}`);
    if (!existsSync(candidate)) return candidate;
  }
}

/** Reads `latest`, `best` or a step. @throws CommandError (usage) */
export function checkpointChoice(text: string): CheckpointChoice {
  if (text === 'latest' || text === 'best') return text;
  if (/^\d+$/.test(text)) return Number(text);
  throw new CommandError(
    EXIT.usage,
    `grpo: --checkpoint needs latest, best or the number of a step, got "${text}". Look at the folder checkpoints of the run.`,
  );
}

/**
 * The model folder of a run's checkpoint.
 *
 * @param onDamaged is told of checkpoints that are passed over
 * @throws CommandError (usage) where there is no such checkpoint
 */
export async function checkpointModel(
  { folder, records, config }: Run,
  choice: CheckpointChoice,
  onDamaged: (message: string) => void,
): Promise<string> {
  const { checkpoints } = runFiles(folder);
  const kept = existsSync(checkpoints)
    ? readdirSync(checkpoints).filter((name) => /^step-\d+$/.test(name))
    : [];
  if (choice === 'latest') {
    const checkpoint = await latestCheckpoint(checkpoints, onDamaged);
    if (checkpoint) return join(checkpoint.folder, 'policy');
  } else {
    const metric = config.metricForBestModel || 'eval/reward';
    const greaterIsBetter = config.greaterIsBetter ?? true;
    const step = choice === 'best' ? bestStep(records, { metric, greaterIsBetter })?.step : choice;
    const name = kept.find((one) => Number(one.slice('step-'.length)) === step);
    if (name !== undefined) return join(checkpoints, name, 'policy');
  }
  throw new CommandError(
    EXIT.usage,
    `grpo: needs the ${choice === 'latest' || choice === 'best' ? `${choice} checkpoint` : `checkpoint of step ${choice}`} of ${folder}, got ${kept.join(', ') || 'none'}. Choose another, or train on with: grpo resume ${folder}`,
  );
}

/** Where the experiment of a run is written, if the command line started it. */
export function experimentPath({ description }: Run): string | undefined {
  const path = description.facts?.experiment;
  return typeof path === 'string' ? path : undefined;
}
