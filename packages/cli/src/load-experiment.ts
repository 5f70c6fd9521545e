import { existsSync, readFileSync } from 'node:fs';
import { dirname, extname, resolve } from 'node:path';
import { CommandError, EXIT, messageOf } from './command-error.js';
import { loadModule } from './load-module.js';
import type { Experiment, ExperimentExport } from './types.js';

const NAMES = ['ts', 'mts', 'js', 'mjs', 'json'].map((ending) => `grpo.config.${ending}`);

/** Every field of an experiment; the value says whether it must be there. */
const FIELDS: Readonly<Record<keyof Experiment, boolean>> = {
  model: true,
  engine: false,
  modelOptions: false,
  chat: false,
  dataset: true,
  env: false,
  rewards: true,
  advantage: false,
  loss: false,
  preset: false,
  config: false,
  evalDataset: false,
  reference: false,
  critic: false,
  backend: false,
  sampler: false,
  trackers: false,
  callbacks: false,
  alarms: false,
};

/** An experiment that was read, and where. */
export interface ExperimentFile {
  /** The absolute path of the config file. */
  readonly path: string;
  /** What paths in it are relative to. */
  readonly folder: string;
  readonly exported: ExperimentExport;
}

/**
 * Finds the config file of an experiment and reads it.
 *
 * @param given the path that was given; without one, `grpo.config.ts` and its like in the folder
 * @throws CommandError (usage) where there is none or it cannot be read
 */
export async function readExperiment(
  given: string | undefined,
  folder = process.cwd(),
): Promise<ExperimentFile> {
  const candidates = given === undefined ? NAMES : [given];
  const path = candidates.map((name) => resolve(folder, name)).find((name) => existsSync(name));
  if (path === undefined) {
    throw new CommandError(
      EXIT.usage,
      given === undefined
        ? `grpo: needs a config file, got none in ${folder}. Name one, go to its folder, or make a project with: grpo init NAME`
        : `grpo: needs a config file, got ${given}, which is not there. Correct the path.`,
    );
  }
  let exported: unknown;
  try {
    exported =
      extname(path) === '.json'
        ? JSON.parse(readFileSync(path, 'utf8'))
        : (await loadModule(path)).default;
  } catch (error) {
    throw new CommandError(
      EXIT.usage,
      `grpo: needs a config file that can be read, got ${messageOf(error)} in ${path}.`,
      { cause: error },
    );
  }
  if (typeof exported !== 'object' && typeof exported !== 'function') {
    throw new CommandError(
      EXIT.usage,
      `grpo: needs a default export in ${path}, got ${exported === undefined ? 'none' : typeof exported}. Write: export default defineConfig({ … })`,
    );
  }
  return { path, folder: dirname(path), exported: exported as ExperimentExport };
}

/**
 * The experiment of a file; one that is a function is called now, when the backend has started.
 *
 * @throws CommandError (usage) where a field is missing or unknown
 */
export async function experimentOf({ path, exported }: ExperimentFile): Promise<Experiment> {
  let experiment: Experiment;
  try {
    experiment = typeof exported === 'function' ? await exported() : exported;
  } catch (error) {
    throw new CommandError(EXIT.usage, `grpo: ${path} threw: ${messageOf(error)}`, {
      cause: error,
    });
  }
  const given = Object.keys(experiment ?? {});
  const unknown = given.find((name) => !Object.hasOwn(FIELDS, name));
  const needed = Object.entries(FIELDS).filter(([, isNeeded]) => isNeeded);
  const missing = needed.find(([name]) => experiment?.[name as keyof Experiment] === undefined);
  if (unknown !== undefined) {
    throw new CommandError(
      EXIT.usage,
      `grpo: ${path} needs known fields, got "${unknown}". Known are ${Object.keys(FIELDS).join(', ')}; numbers of the run stand in config.`,
    );
  }
  if (missing !== undefined) {
    throw new CommandError(
      EXIT.usage,
      `grpo: ${path} needs ${needed.map(([name]) => name).join(', ')}, got no ${missing[0]}. Add it.`,
    );
  }
  return experiment;
}
