import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { groupRelative } from '@grpo/advantage';
import { singleTurn } from '@grpo/envs';
import {
  characterTokenizerFiles,
  createChatFormat,
  LanguageModel,
  llamaConfigJson,
} from '@grpo/policy';
import { clippedLoss } from '@grpo/policy-loss';
import type { Reward } from '@grpo/rewards';
import { initBackend } from '@grpo/tensor';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { evaluate } from './evaluate.js';
import { train } from './train.js';
import type { MetricsRecord, TrainParts } from './types.js';

// A model of a few thousand weights that is paid for saying "7": small enough to learn in seconds.
const files = characterTokenizerFiles({
  characters: '0123456789',
  tokens: ['<pad>', '<|user|>', '<|assistant|>', '<|end|>'],
  padToken: '<pad>',
  endToken: '<|end|>',
  chatTemplate:
    '{% for m in messages %}<|{{ m.role }}|>{{ m.content }}{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}',
});
const configJson = llamaConfigJson({
  vocabularySize: 14,
  hiddenSize: 16,
  intermediateSize: 32,
  layers: 1,
  heads: 2,
  keyValueHeads: 1,
  headSize: 8,
  normEpsilon: 1e-5,
  ropeTheta: 10_000,
  contextLength: 16,
  tiedEmbeddings: true,
  initializerRange: 0.1,
});
const dataset = {
  name: 'digits',
  tasks: Array.from({ length: 10 }, (_, i) => ({
    id: String(i),
    messages: [{ role: 'user' as const, content: String(i) }],
    row: { prompt: String(i) },
  })),
};
const sevens: Reward = {
  name: 'sevens',
  fn: ({ completion }) => [...completion].filter((character) => character === '7').length / 4,
};
const scratch = mkdtempSync(join(tmpdir(), 'grpo-train-'));
afterAll(() => rmSync(scratch, { recursive: true }));

function parts(change: Partial<TrainParts> = {}): TrainParts & { policy: LanguageModel } {
  const policy = LanguageModel.create(configJson, files, 3);
  return {
    policy,
    reference: LanguageModel.create(configJson, files, 3),
    chat: createChatFormat(files),
    dataset,
    env: singleTurn(),
    rewards: [sevens],
    advantage: groupRelative(),
    loss: clippedLoss({ beta: 0.01 }),
    ...change,
  } as TrainParts & { policy: LanguageModel };
}
const config = {
  seed: 5,
  maxSteps: 6,
  promptsPerStep: 4,
  numGenerations: 4,
  maxCompletionLength: 4,
  learningRate: 0.01,
  saveSteps: 2,
};
const quiet = { say: () => {} };
const timeless = (records: readonly MetricsRecord[]) =>
  records.map((record) =>
    Object.fromEntries(Object.entries(record).filter(([name]) => !name.startsWith('time/'))),
  );

beforeAll(async () => {
  await initBackend('wasm');
});

test('the policy learns what it is paid for, and what is written tells so', async () => {
  const folder = join(scratch, 'learns');
  const p = parts();
  const before = await evaluate(p, { seed: 0, maxCompletionLength: 4, maxTurns: 1 }, dataset);
  const records = await train({
    ...quiet,
    parts: p,
    config: { ...config, maxSteps: 30, evalSteps: 30 },
    folder,
    evalDataset: dataset,
  });
  expect(before.metrics['eval/rewards/sevens/mean']).toBeLessThan(0.3);
  expect(records.at(-1)?.['eval/rewards/sevens/mean']).toBeGreaterThan(0.8);
  expect(records.map(({ step }) => step)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
  expect(records[29].reward).toBeGreaterThan(records[0].reward + 0.4);
  for (const record of records) {
    for (const [name, value] of Object.entries(record))
      expect([name, Number.isFinite(value)]).toEqual([name, true]);
    expect(record).toHaveProperty('kl');
    expect(record).toHaveProperty('clip_ratio/region_mean');
  }
  expect(JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'))).toMatchObject({
    ...config,
    maxSteps: 30,
    facts: {},
  });
  expect(readdirSync(join(folder, 'checkpoints'))).toEqual(['step-000028', 'step-000030']);
});

test('rewards without meaning teach nothing', async () => {
  let calls = 0;
  const noise: Reward = { name: 'sevens', fn: () => (calls++ * 7919) % 13 };
  const p = parts({ rewards: [noise] });
  await train({
    ...quiet,
    parts: p,
    config: { ...config, maxSteps: 30 },
    folder: join(scratch, 'noise'),
  });
  const options = { seed: 0, maxCompletionLength: 4, maxTurns: 1 };
  const { metrics } = await evaluate({ ...p, rewards: [sevens] }, options, dataset);
  expect(metrics['eval/rewards/sevens/mean']).toBeLessThan(0.5);
});

test('a run that is resumed from a checkpoint ends with the records of one that was not broken', async () => {
  const whole = await train({ ...quiet, parts: parts(), config, folder: join(scratch, 'whole') });
  const folder = join(scratch, 'broken');
  await expect(
    train({
      ...quiet,
      parts: parts(),
      config,
      folder,
      trackers: [
        ({ step }) => {
          if (step === 5) throw new Error('the power went off');
        },
      ],
    }),
  ).rejects.toThrow('the power went off');
  const resumed = await train({ ...quiet, parts: parts(), config, folder, resume: true });
  expect(timeless(resumed)).toEqual(timeless(whole));
});

test('micro-batches change the memory, not the metrics', async () => {
  const whole = await train({ ...quiet, parts: parts(), config, folder: join(scratch, 'one') });
  const small = await train({
    ...quiet,
    parts: parts(),
    config: { ...config, microBatchSize: 3 },
    folder: join(scratch, 'micro'),
  });
  for (const [i, record] of timeless(small).entries()) {
    for (const [name, value] of Object.entries(timeless(whole)[i])) {
      if (name.startsWith('clip_ratio/') || name.startsWith('ratio/m')) continue; // extremes per batch
      expect([name, Math.abs(record[name] - value) < 1e-3 * (1 + Math.abs(value))]).toEqual([
        name,
        true,
      ]);
    }
  }
});

test('several optimizer steps on the same rollouts move the ratio away from 1', async () => {
  const [first] = await train({
    ...quiet,
    parts: parts(),
    config: { ...config, maxSteps: 1, numIterations: 3 },
    folder: join(scratch, 'iterations'),
  });
  const [single] = await train({
    ...quiet,
    parts: parts(),
    config: { ...config, maxSteps: 1 },
    folder: join(scratch, 'single'),
  });
  expect(single['ratio/max']).toBeCloseTo(1, 4);
  expect(first['ratio/max']).toBeGreaterThan(1.001);
});

test('a reward that returns NaN stops the run with one error that says what to do', async () => {
  const folder = join(scratch, 'nan');
  const bad: Reward = { name: 'bad', fn: () => Number.NaN };
  const run = train({ ...quiet, parts: parts({ rewards: [bad] }), config, folder });
  await expect(run).rejects.toThrow(/"bad" returned NaN .* Return a finite number, or null/);
  expect(existsSync(join(folder, 'metrics.jsonl'))).toBe(true);
  expect(readFileSync(join(folder, 'metrics.jsonl'), 'utf8')).toBe('');
});

test('a few failures are counted, and training goes on without those episodes', async () => {
  let calls = 0;
  const moody: Reward = {
    name: 'moody',
    fn: (episode) => {
      if (calls++ % 8 === 0) throw new Error('judge is out');
      return sevens.fn(episode, { signal: new AbortController().signal }) as number;
    },
  };
  const env = singleTurn();
  const records = await train({
    ...quiet,
    parts: parts({
      rewards: [moody],
      env: (task) => {
        if (task.id !== '3') return env(task);
        return { ...env(task), reset: async () => Promise.reject(new Error('no such place')) };
      },
    }),
    config: { ...config, promptsPerStep: 10, maxSteps: 1 },
    folder: join(scratch, 'moody'),
  });
  // 4 of 40 episodes have no environment, and every 8th of the other 36 has no reward.
  expect(records[0]['failures/share']).toBeCloseTo((4 + 5) / 40, 12);
  expect(Number.isFinite(records[0].loss)).toBe(true);
});

test('a folder that holds a run is not written over', async () => {
  const folder = join(scratch, 'taken');
  await train({ ...quiet, parts: parts(), config: { ...config, maxSteps: 2 }, folder });
  const again = train({ ...quiet, parts: parts(), config: { ...config, maxSteps: 2 }, folder });
  await expect(again).rejects.toThrow('which holds a run. Resume it, or choose another folder.');
});
