import { inspect } from 'node:util';
import { CONFIG_FIELDS } from './config-fields.js';
import type { TrainConfig } from './types.js';

/** What a user writes: `maxSteps` and the fields that differ from their defaults. */
export type GivenConfig = Partial<TrainConfig> & Pick<TrainConfig, 'maxSteps'>;

const names = Object.keys(CONFIG_FIELDS) as (keyof TrainConfig)[];

/** The defaults of every field but `maxSteps`. */
export const DEFAULTS = Object.fromEntries(
  names.flatMap((name) => {
    const { default: fallback } = CONFIG_FIELDS[name];
    return fallback === undefined ? [] : [[name, fallback]];
  }),
) as unknown as Omit<TrainConfig, 'maxSteps'>;

/**
 * Fills in defaults and checks every field.
 *
 * @throws naming the field, its value and what is allowed
 */
export function resolveConfig(config: GivenConfig): TrainConfig {
  const resolved = { ...DEFAULTS, ...config };
  for (const [name, value] of Object.entries(resolved)) checkField(name, value, 'resolveConfig');
  checkField('maxSteps', resolved.maxSteps, 'resolveConfig');
  checkTogether(resolved);
  return resolved;
}

/**
 * Checks one field.
 *
 * @param who begins the message
 * @throws where the field is unknown or may not hold the value
 */
export function checkField(name: string, value: unknown, who: string): void {
  if (!isField(name)) {
    throw new Error(`${who}: needs known fields, got "${name}". Known are ${names.join(', ')}.`);
  }
  const { allowed, holds } = CONFIG_FIELDS[name];
  if (!holds(value)) throw new Error(`${who}: ${name} needs ${allowed}, got ${inspect(value)}.`);
}

/** Whether `TrainConfig` has a field of that name. */
export function isField(name: string): name is keyof TrainConfig {
  return Object.hasOwn(CONFIG_FIELDS, name);
}

function checkTogether(config: TrainConfig): void {
  const { numGenerations, earlyStoppingPatience, loadBestModelAtEnd, metricForBestModel } = config;
  for (const name of ['generationBatchSize', 'miniBatchSize'] as const) {
    const value = config[name];
    if (Number.isFinite(value) && value % numGenerations !== 0) {
      throw new Error(
        `resolveConfig: ${name} needs a multiple of numGenerations (${numGenerations}), so that no group is split, got ${value}.`,
      );
    }
  }
  if (config.overlapsRollouts && config.recomputesOldLogProbs) {
    throw new Error(
      "resolveConfig: overlapsRollouts needs the sampler's log-probs as the old ones, which correct for episodes that are one step behind, got recomputesOldLogProbs. Leave one out.",
    );
  }
  const needsBest = loadBestModelAtEnd || earlyStoppingPatience > 0;
  if (needsBest && (metricForBestModel === '' || config.evalSteps === 0)) {
    throw new Error(
      'resolveConfig: earlyStoppingPatience and loadBestModelAtEnd need metricForBestModel and evalSteps, got none. Name the metric that says what is better, such as eval/reward, and evaluate.',
    );
  }
}

/** Fields that a resumed run may change: they say how long and how carefully, not what is computed. */
const FREE: readonly string[] = [
  'maxSteps',
  'evalSteps',
  'numGenerationsEval',
  'saveSteps',
  'saveTotalLimit',
  'maxFailureShare',
  'maxSkippedSteps',
  'maxConcurrentEpisodes',
  'turnTimeoutMs',
  'earlyStoppingPatience',
  'earlyStoppingThreshold',
  'loadBestModelAtEnd',
];

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
