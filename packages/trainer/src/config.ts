import { inspect } from 'node:util';
import type { SchedulerType, TrainConfig } from './types.js';

const SCHEDULERS: readonly SchedulerType[] = ['constant', 'linear', 'cosine'];

/** The defaults of every field but `maxSteps`. */
export const DEFAULTS: Omit<TrainConfig, 'maxSteps'> = {
  seed: 0,
  promptsPerStep: 8,
  numGenerations: 8,
  numIterations: 1,
  usesGreedyRollouts: false,
  microBatchSize: Number.POSITIVE_INFINITY,
  maxCompletionLength: 256,
  maxTurns: 1,
  temperature: 1,
  learningRate: 1e-6,
  warmupSteps: 0,
  lrSchedulerType: 'constant',
  maxGradNorm: 1,
  evalSteps: 0,
  saveSteps: 50,
  saveTotalLimit: 2,
  maxFailureShare: 0.5,
};

type NumberField = Exclude<keyof TrainConfig, 'lrSchedulerType' | 'usesGreedyRollouts'>;

const integer = (least: number) => ({
  range: `a whole number of at least ${least}`,
  holds: (n: number) => Number.isInteger(n) && n >= least,
});
const between = (range: string, holds: (n: number) => boolean) => ({ range, holds });

const ALLOWED: Readonly<Record<NumberField, { range: string; holds: (n: number) => boolean }>> = {
  seed: integer(0),
  maxSteps: integer(1),
  promptsPerStep: integer(1),
  numGenerations: integer(1),
  numIterations: integer(1),
  microBatchSize: between(
    'a whole number of at least 1',
    (n) => n === Number.POSITIVE_INFINITY || (Number.isInteger(n) && n >= 1),
  ),
  maxCompletionLength: integer(1),
  maxTurns: integer(1),
  temperature: between('a number above 0', (n) => n > 0 && Number.isFinite(n)),
  learningRate: between('a number from 0 to 1', (n) => n >= 0 && n <= 1),
  warmupSteps: integer(0),
  maxGradNorm: between('a number above 0', (n) => n > 0),
  evalSteps: integer(0),
  saveSteps: integer(1),
  saveTotalLimit: integer(1),
  maxFailureShare: between('a number from 0 to 1', (n) => n >= 0 && n <= 1),
};

/**
 * Fills in defaults and checks every field.
 *
 * @throws naming the field, its value and what is allowed
 */
export function resolveConfig(
  config: Partial<TrainConfig> & Pick<TrainConfig, 'maxSteps'>,
): TrainConfig {
  const resolved = { ...DEFAULTS, ...config };
  const known = ['maxSteps', ...Object.keys(DEFAULTS)];
  for (const name of Object.keys(resolved)) {
    if (!known.includes(name)) {
      throw new Error(
        `resolveConfig: needs known fields, got "${name}". Known are ${known.join(', ')}.`,
      );
    }
  }
  for (const [name, { range, holds }] of Object.entries(ALLOWED)) {
    const value = resolved[name as NumberField];
    if (typeof value !== 'number' || !holds(value)) {
      throw new Error(`resolveConfig: ${name} needs ${range}, got ${inspect(value)}.`);
    }
  }
  if (!SCHEDULERS.includes(resolved.lrSchedulerType)) {
    throw new Error(
      `resolveConfig: lrSchedulerType needs one of ${SCHEDULERS.join(', ')}, got ${JSON.stringify(resolved.lrSchedulerType)}.`,
    );
  }
  if (typeof resolved.usesGreedyRollouts !== 'boolean') {
    throw new Error(
      `resolveConfig: usesGreedyRollouts needs true or false, got ${JSON.stringify(resolved.usesGreedyRollouts)}.`,
    );
  }
  return resolved;
}

/** Fields that a resumed run may change: they say how long and how carefully, not what is computed. */
const FREE = ['maxSteps', 'evalSteps', 'saveSteps', 'saveTotalLimit', 'maxFailureShare'];

/**
 * Checks that a resume goes on with the numbers of the run that it resumes.
 *
 * @param stored the parsed config.json of the run
 * @throws naming the first field that differs, with both values
 */
export function checkSameConfig(
  stored: Readonly<Record<string, unknown>>,
  config: TrainConfig,
): void {
  const written = JSON.parse(JSON.stringify(config)) as Record<string, unknown>; // as in the file
  for (const [name, value] of Object.entries(written)) {
    if (FREE.includes(name) || stored[name] === value) continue;
    throw new Error(
      `train: needs the configuration of the run it resumes, got ${name} ${inspect(value)} instead of ${inspect(stored[name])}. Use the stored value, or start a new run in another folder.`,
    );
  }
}
