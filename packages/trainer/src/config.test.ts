import { expect, test } from 'vitest';
import { checkSameConfig, DEFAULTS, resolveConfig } from './config.js';
import { CONFIG_FIELDS } from './config-fields.js';
import type { TrainConfig } from './types.js';

test('absent fields take their defaults, given ones stay', () => {
  expect(resolveConfig({ maxSteps: 3, numGenerations: 4 })).toEqual({
    ...DEFAULTS,
    maxSteps: 3,
    numGenerations: 4,
  });
});

test.each<[Partial<Record<keyof TrainConfig, unknown>>, string]>([
  [{ maxSteps: 0 }, 'maxSteps needs a whole number of at least 1, got 0'],
  [{ numGenerations: 0 }, 'numGenerations needs a whole number of at least 1, got 0'],
  [{ temperature: 0 }, 'temperature needs a finite number above 0, got 0'],
  [{ learningRate: '1e-4' }, "learningRate needs a number from 0 to 1, got '1e-4'"],
  [{ maxSteps: Number.NaN }, 'maxSteps needs a whole number of at least 1, got NaN'],
  [{ microBatchSize: 1.5 }, 'microBatchSize needs a whole number of at least 1, got 1.5'],
  [{ maxFailureShare: 2 }, 'maxFailureShare needs a number from 0 to 1, got 2'],
  [
    { warmupSteps: 1.5 },
    'warmupSteps needs a whole number, or a share of maxSteps below 1, got 1.5',
  ],
  [{ topP: 0 }, 'topP needs a number above 0, up to 1, got 0'],
  [{ adamBeta2: 1 }, 'adamBeta2 needs a number from 0, below 1, got 1'],
  [{ optim: 'adafactor' }, "optim needs one of adamw, adam, sgd, lion, got 'adafactor'"],
  [{ miniBatchSize: 12 }, 'miniBatchSize needs a multiple of numGenerations (8)'],
  [{ earlyStoppingPatience: 2 }, 'need metricForBestModel and evalSteps, got none'],
  [{ usesGreedyRollouts: 1 }, 'usesGreedyRollouts needs true or false, got 1'],
  [
    { lrSchedulerType: 'step' },
    "lrSchedulerType needs one of constant, linear, cosine, got 'step'",
  ],
])('%o is refused with the field, the range and the value', (change, message) => {
  const config = { maxSteps: 3, ...change } as Pick<TrainConfig, 'maxSteps'>;
  expect(() => resolveConfig(config)).toThrow(message);
});

test('every default may be held by its field', () => {
  for (const [name, { default: fallback, holds, allowed }] of Object.entries(CONFIG_FIELDS)) {
    if (name !== 'maxSteps') expect(holds(fallback), `${name}: ${allowed}`).toBe(true);
    expect(holds(undefined), name).toBe(false);
  }
});

test('a misspelt field is refused rather than passed over', () => {
  const config = { maxSteps: 3, learningrate: 1 } as Pick<TrainConfig, 'maxSteps'>;
  expect(() => resolveConfig(config)).toThrow('needs known fields, got "learningrate"');
});

test('a resume may be longer, but not another run', () => {
  const config = resolveConfig({ maxSteps: 3, seed: 1 });
  const stored = JSON.parse(JSON.stringify(config));
  expect(() => checkSameConfig(stored, config)).not.toThrow();
  expect(() => checkSameConfig(stored, { ...config, maxSteps: 9, saveSteps: 1 })).not.toThrow();
  expect(() => checkSameConfig(stored, { ...config, seed: 2 })).toThrow(
    'got seed 2 instead of 1. Use the stored value, or start a new run in another folder.',
  );
});
