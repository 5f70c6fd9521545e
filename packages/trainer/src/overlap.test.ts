import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LanguageModel, type TrainablePolicy } from '@grpo/policy';
import { initBackend } from '@grpo/tensor';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tinyConfig, tinyModel, tinyParts } from '../fixtures/tiny-run.mjs';
import type { Callback } from './callback.js';
import { train } from './train.js';
import type { MetricsRecord, TrainConfig } from './types.js';

const scratch = mkdtempSync(join(tmpdir(), 'grpo-overlap-'));
beforeAll(async () => {
  await initBackend('wasm');
});
afterAll(() => rmSync(scratch, { recursive: true }));

let frozen = 0;
/** A policy that samples from a copy of its weights, and what it was asked for, in order. */
function twoSets() {
  const model = tinyModel();
  const asked: string[] = [];
  const policy: TrainablePolicy = {
    logProbs: (batch) => model.logProbs(batch),
    forwardBackward: (...args) => model.forwardBackward(...args),
    optimStep: (options) => {
      asked.push('optimStep');
      return model.optimStep(options);
    },
    discardGradients: () => model.discardGradients(),
    save: (...args) => model.save(...args),
    load: (from) => model.load(from),
    sampler: () => model.sampler(),
    frozenSampler: async () => {
      asked.push('frozenSampler');
      const folder = join(scratch, `frozen ${frozen++}`);
      await model.save(folder);
      return LanguageModel.open(folder).sampler();
    },
  };
  return { policy, asked };
}

function run(
  name: string,
  policy: TrainablePolicy,
  { callbacks = [], resume = false }: { callbacks?: Callback[]; resume?: boolean } = {},
  config: Partial<TrainConfig> = {},
) {
  return train({
    parts: tinyParts({ policy }),
    config: { ...tinyConfig, maxSteps: 4, saveSteps: 2, overlapsRollouts: true, ...config },
    folder: join(scratch, name),
    say: () => {},
    callbacks,
    resume,
  });
}
const timeless = (record: MetricsRecord) =>
  Object.entries(record).filter(([name]) => !/^(time|memory)\//.test(name));

test('the next step is sampled from the weights before this one is learned from, and its ratio tells', async () => {
  const { policy, asked } = twoSets();
  const records = await run('overlapped', policy);
  const turns = ['frozenSampler', 'optimStep'];
  expect(asked).toEqual([...turns, ...turns, ...turns, 'optimStep']); // nothing follows the last step
  const differences = records.map((r) => r['sampling/sampling_logp_difference/max']);
  expect(differences[0]).toBeLessThan(1e-5);
  for (const [i, record] of records.entries()) {
    if (i === 0) expect(record['ratio/max']).toBeCloseTo(1, 5);
    else expect(Math.abs(record['ratio/max'] - 1)).toBeGreaterThan(1e-4);
  }
  const onPolicy = await run('on policy', tinyModel(), {}, { overlapsRollouts: false });
  expect(timeless(records[0])).toEqual(timeless(onPolicy[0]));
  expect(timeless(records[1])).not.toEqual(timeless(onPolicy[1]));
});

test('broken off and resumed, it gives the records of a run that was not: what was played ahead is kept', async () => {
  const whole = await run('whole', twoSets().policy);
  const crash: Callback = {
    onStep: ({ step }) => {
      if (step === 3) throw new Error('The power is gone.');
    },
  };
  await expect(run('broken', twoSets().policy, { callbacks: [crash] })).rejects.toThrow('power');
  const state = readFileSync(join(scratch, 'broken/checkpoints/step-000002/state.json'), 'utf8');
  expect(JSON.parse(state).ahead.rollouts.length).toBeGreaterThan(0);
  const resumed = await run('broken', twoSets().policy, { resume: true });
  expect(resumed.map(timeless)).toEqual(whole.map(timeless));
});

test('a policy with one set of weights refuses, before it has learned', async () => {
  await expect(run('refused', tinyModel())).rejects.toThrow(
    'overlapsRollouts needs a policy that samples while it learns',
  );
  const both = { recomputesOldLogProbs: true };
  await expect(run('both', twoSets().policy, {}, both)).rejects.toThrow('Leave one out.');
});
