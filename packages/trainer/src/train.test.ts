import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { groupRelative } from '@grpo/advantage';
import { curriculum, singleTurn } from '@grpo/envs';
import {
  characterTokenizerFiles,
  createChatFormat,
  LanguageModel,
  llamaConfigJson,
} from '@grpo/policy';
import { clippedLoss } from '@grpo/policy-loss';
import type { Reward } from '@grpo/rewards';
import { initBackend } from '@grpo/tensor';
import { givenHiddenStates, ValueModel } from '@grpo/value';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { evaluate } from './evaluate.js';
import { train } from './train.js';
import type { MetricsRecord, NamedParts, TrainParts } from './types.js';

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

/** Parts with a critic on the policy's own hidden states. */
function partsWithCritic(change: Partial<NamedParts> = {}, warmUpUpdates = 0) {
  const p = parts();
  const valueFunction = new ValueModel(givenHiddenStates(p.policy.config.hiddenSize), {
    seed: 4,
    warmUpUpdates,
  });
  const update = { learningRate: 5e-3, epochs: 2, minibatchSize: 16, clipRange: 0.5 };
  const critic = { valueFunction, model: p.policy, update };
  return { ...p, critic, advantage: 'gae', ...change } as NamedParts & { policy: LanguageModel };
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
    Object.fromEntries(Object.entries(record).filter(([name]) => !/^(time|memory)\//.test(name))),
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
  const told: string[] = [];
  const { metrics } = await evaluate({ ...p, rewards: [sevens] }, options, dataset, {
    onProgress: (done, total) => told.push(`${done} of ${total}`),
  });
  expect(metrics['eval/rewards/sevens/mean']).toBeLessThan(0.5);
  const { length } = dataset.tasks;
  expect(told).toEqual(dataset.tasks.map((_, i) => `${i + 1} of ${length}`));
});

test.each<[string, () => NamedParts]>([
  ['group-relative advantages', parts],
  ['advantages per token from a critic', () => partsWithCritic({}, 3)],
  [
    'a moving average and an adaptive coefficient',
    () =>
      ({
        ...parts(),
        advantage: { name: 'group-relative', baseline: 'moving-average' },
        loss: { name: 'clipped', beta: { name: 'adaptive-kl', horizon: 50 } },
      }) as NamedParts,
  ],
  [
    'a curriculum that moves on with every step',
    () => {
      const levels = dataset.tasks.map((task) => ({ name: task.id, tasks: [task] }));
      return parts({ dataset: curriculum(levels, { window: 16, success: 0 }) });
    },
  ],
])(
  'with %s, a resumed run ends with the records of one that was not broken',
  async (name, make) => {
    const whole = await train({
      ...quiet,
      parts: make(),
      config,
      folder: join(scratch, name, 'a'),
    });
    const folder = join(scratch, name, 'b');
    await expect(
      train({
        ...quiet,
        parts: make(),
        config,
        folder,
        callbacks: [
          {
            onStep: ({ step }) => {
              if (step === 5) throw new Error('the power went off');
            },
          },
        ],
      }),
    ).rejects.toThrow('the power went off');
    const resumed = await train({ ...quiet, parts: make(), config, folder, resume: true });
    expect(timeless(resumed)).toEqual(timeless(whole));
  },
);

test.each<[string, Partial<NamedParts>]>([
  ['advantages per token', { advantage: 'gae' }],
  [
    'a learned baseline',
    { advantage: { name: 'group-relative', baseline: 'learned', scaling: 'batch-std' } },
  ],
])('with a critic and %s the policy learns, and the critic foretells', async (name, change) => {
  const p = partsWithCritic(change);
  const records = await train({
    ...quiet,
    parts: p,
    config: { ...config, maxSteps: 30, evalSteps: 30, microBatchSize: 7 },
    folder: join(scratch, `critic ${name}`),
    evalDataset: dataset,
  });
  expect(records.at(-1)?.['eval/rewards/sevens/mean']).toBeGreaterThan(0.8);
  const errors = records.map((record) => record['value/mean'] - record['value/return_mean']);
  const meanError = (part: readonly number[]) =>
    part.reduce((sum, error) => sum + Math.abs(error), 0) / part.length;
  expect(meanError(errors.slice(-5))).toBeLessThan(0.5 * meanError(errors.slice(0, 5)));
});

test('until the critic is warm it learns alone', async () => {
  const p = partsWithCritic({}, 2);
  const records = await train({
    ...quiet,
    parts: p,
    config: { ...config, maxSteps: 3 },
    folder: join(scratch, 'warm-up'),
  });
  expect(records.map((record) => 'loss' in record)).toEqual([false, false, true]);
  expect(records.map(({ learning_rate }) => learning_rate)).toEqual([0, 0, config.learningRate]);
  for (const record of records) expect(record['value/loss']).toBeGreaterThan(0);
  // The third step's first pass still has the weights that everything began with.
  expect(records[2].kl).toBeCloseTo(0, 8);
});

test('greedy rollouts are what ReMax compares with, and count no tokens', async () => {
  const records = await train({
    ...quiet,
    parts: { ...parts(), advantage: 'remax' },
    config: { ...config, maxSteps: 3, numGenerations: 1, usesGreedyRollouts: true },
    folder: join(scratch, 'remax'),
  });
  expect(records[0].num_tokens).toBeLessThanOrEqual(4 * config.maxCompletionLength);
  expect(Math.max(...records.map(({ grad_norm }) => grad_norm))).toBeGreaterThan(0);
  const without = train({
    ...quiet,
    parts: { ...parts(), advantage: 'remax' },
    config: { ...config, maxSteps: 1 },
    folder: join(scratch, 'no greedy'),
  });
  await expect(without).rejects.toThrow('this baseline needs greedyScores, got none');
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

test('a loss that looks at groups takes micro-batches of whole groups and refuses others', async () => {
  const loss = { name: 'clipped', reduction: 'prompt-mean' };
  const run = (microBatchSize: number) =>
    train({
      ...quiet,
      parts: { ...parts(), loss },
      config: { ...config, maxSteps: 1, microBatchSize },
      folder: join(scratch, `groups of ${microBatchSize}`),
    });
  const [[all], [halves]] = [await run(16), await run(8)];
  expect(halves.grad_norm).toBeCloseTo(all.grad_norm, 4);
  await expect(run(6)).rejects.toThrow('a mean over prompts needs groupIds, got none');
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
