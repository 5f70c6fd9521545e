import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CommandError, EXIT } from './command-error.js';
import { checkpointChoice, checkpointModel, isRun, type Run, readRun } from './run-folder.js';

/** A model folder, and the run that it is of, if it is of one. */
export interface ModelTarget {
  readonly folder: string;
  readonly run: Run | undefined;
}

/**
 * The model that a command's argument names: a checkpoint of a run, or a model folder.
 *
 * @param checkpoint `latest`, `best` or a step
 * @throws CommandError (usage) where it names neither
 */
export async function modelTarget(
  target: string,
  checkpoint: string,
  note: (message: string) => void,
): Promise<ModelTarget> {
  if (isRun(target)) {
    const run = readRun(target);
    return { run, folder: await checkpointModel(run, checkpointChoice(checkpoint), note) };
  }
  const files = ['config.json', 'adapter_config.json'].map((name) => join(target, name));
  if (files.some((file) => existsSync(file))) return { folder: target, run: undefined };
  throw new CommandError(
    EXIT.usage,
    `grpo: needs the folder of a run or of a model, got ${target}, which ${existsSync(target) ? 'holds neither run.json nor config.json' : 'is not there'}. List runs with: grpo runs`,
  );
}
