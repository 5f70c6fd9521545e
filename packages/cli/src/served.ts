import { basename, resolve } from 'node:path';
import type { ServedEnvironment } from '@grpo/env-server';
import { type Dataset, singleTurn } from '@grpo/envs';
import { before, CommandError, EXIT } from './command-error.js';
import type { ExperimentFile } from './load-experiment.js';
import { resolveRewards } from './named-rewards.js';
import { readDataset } from './read-dataset.js';
import { startBackend } from './start-backend.js';
import type { Experiment } from './types.js';

/** What of an experiment is served; whatever else it says is about training. */
export type ServedFields = Pick<Experiment, 'dataset'> & Partial<Experiment>;

/** The experiment of a file, of which no more than the dataset need be there. */
export async function fieldsOf({ exported }: ExperimentFile): Promise<ServedFields> {
  if (typeof exported !== 'function') return exported;
  await startBackend(undefined); // parts that hold tensors are made in the function
  return before(EXIT.usage, exported);
}

/**
 * Environment, tasks and rewards of a config file: all that other trainers are offered. A model is neither needed
 * nor opened.
 *
 * @throws CommandError (usage) where there is no dataset with tasks that can be counted
 */
export async function servedOf(file: ExperimentFile): Promise<ServedEnvironment> {
  const { dataset, env = singleTurn(), rewards } = await fieldsOf(file);
  const tasks =
    typeof dataset === 'string'
      ? await before(EXIT.usage, () => readDataset(resolve(file.folder, dataset)))
      : dataset;
  if (tasks === undefined || !('tasks' in tasks)) {
    throw new CommandError(
      EXIT.usage,
      `grpo: needs a dataset with tasks in ${file.path}, got ${tasks === undefined ? 'none' : `the source ${tasks.name}`}. Export { dataset, env, rewards }.`,
    );
  }
  const named = rewards && (await before(EXIT.usage, () => resolveRewards(rewards)));
  return {
    name: nameOf(file, tasks),
    description: `Tasks of ${tasks.name}, served by grpo.`,
    env,
    dataset: tasks,
    ...(named && { rewards: named }),
  };
}

/** The folder of a `grpo.config.ts`, the name of any other file. */
function nameOf({ path, folder }: ExperimentFile, dataset: Dataset): string {
  const name = basename(path).replace(/\.\w+$/, '');
  return name === 'grpo.config' ? basename(folder) || dataset.name : name;
}
