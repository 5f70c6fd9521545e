// Every name of every registry trains the demo's task for 20 steps: one table, one row per name.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { baselines, estimators, groupFilters, scalings } from '@grpo/advantage';
import { type Dataset, readJsonl } from '@grpo/envs';
import { createChatFormat, LanguageModel, llamaConfigJson } from '@grpo/policy';
import {
  controllers,
  corrections,
  klEstimators,
  policyLosses,
  ratioLevels,
  reductions,
} from '@grpo/policy-loss';
import { initBackend } from '@grpo/tensor';
import {
  CONFIG_FIELDS,
  type GivenConfig,
  type MetricsRecord,
  type NamedParts,
  presets,
  tokenEstimators,
  train,
  trainSupervised,
} from '@grpo/trainer';
import { givenHiddenStates, ValueModel } from '@grpo/value';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { env, MAX_COMPLETION_LENGTH, rewards } from './experiment.js';
import { smallModel, writeDataset, written } from './task.js';

const STEPS = 20;
const scratch = mkdtempSync(join(tmpdir(), 'grpo-conformance-'));
const warm = join(scratch, 'warm');
let dataset: Dataset;
afterAll(() => rmSync(scratch, { recursive: true }));

/** A model of the demo's kind, small enough for a hundred runs, that has learned the form of an answer. */
beforeAll(async () => {
  await initBackend('wasm');
  await writeDataset(scratch, 1);
  dataset = readJsonl(join(scratch, 'train.jsonl'));
  const demo = smallModel(1);
  const config = llamaConfigJson(
    {
      vocabularySize: demo.config.vocabularySize,
      hiddenSize: 16,
      intermediateSize: 32,
      layers: 1,
      heads: 2,
      keyValueHeads: 1,
      headSize: 8,
      normEpsilon: 1e-5,
      ropeTheta: 10_000,
      contextLength: 32,
      tiedEmbeddings: true,
      initializerRange: 0.1,
    },
    { eos: createChatFormat(demo.textFiles).encodeCompletion('')[0], pad: 0 },
  );
  const model = LanguageModel.create(config, demo.textFiles, 1);
  demo.dispose();
  const chat = createChatFormat(model.textFiles);
  const examples = dataset.tasks.slice(0, 512).map(({ messages, row }) => ({
    promptIds: chat.encodePrompt(messages),
    completionIds: chat.encodeCompletion(written(String(row.demonstration))),
  }));
  const settings = { seed: 1, maxSteps: 150, batchSize: 32, learningRate: 0.02, maxGradNorm: 1 };
  const schedule = { warmupSteps: 0, lrSchedulerType: 'linear' } as const;
  await trainSupervised(model, examples, { ...settings, ...schedule });
  await model.save(warm);
  model.dispose();
}, 120_000);

interface Row {
  readonly parts?: Partial<NamedParts>;
  readonly config?: Partial<GivenConfig>;
  readonly preset?: string;
  readonly needs?: readonly ('critic' | 'reference')[];
}

/** Runs a row; @returns its records and the lines of its episodes */
async function trained(name: string, { parts, config, preset, needs = [] }: Row) {
  const policy = LanguageModel.open(warm);
  const reference = needs.includes('reference') ? LanguageModel.open(warm) : undefined;
  const critic = needs.includes('critic')
    ? {
        valueFunction: new ValueModel(givenHiddenStates(policy.config.hiddenSize), { seed: 1 }),
        model: policy,
        update: { learningRate: 1e-3, epochs: 1, minibatchSize: 64, clipRange: 0.5 },
      }
    : undefined;
  const folder = join(scratch, name);
  try {
    const records = await train({
      parts: {
        policy,
        chat: createChatFormat(policy.textFiles),
        dataset,
        env,
        rewards,
        ...(reference && { reference }),
        ...(critic && { critic }),
        ...(preset === undefined && { advantage: 'group-relative', loss: 'clipped' }),
        ...parts,
      },
      ...(preset !== undefined && { preset }),
      config: {
        seed: 1,
        promptsPerStep: 2,
        ...(preset === undefined && { numGenerations: 4, learningRate: 1e-3 }),
        ...config,
        maxSteps: STEPS,
        maxCompletionLength: MAX_COMPLETION_LENGTH,
        saveSteps: STEPS,
      },
      folder,
      say: () => {},
    });
    const lines = readFileSync(join(folder, 'episodes.jsonl'), 'utf8').trimEnd().split('\n');
    return { records, episodes: lines.map((line) => JSON.parse(line) as { step: number }) };
  } finally {
    policy.dispose();
    reference?.dispose();
    critic?.valueFunction.dispose();
    rmSync(folder, { recursive: true, force: true });
  }
}

const named = (names: readonly string[], row: (name: string) => Row) =>
  names.map((name): [string, Row] => [name, row(name)]);
const greedy = { usesGreedyRollouts: true };
const reference = ['reference'] as const;
const ADVANTAGES: Readonly<Record<string, Row>> = {
  // Of a group of 4, pairs; an answer in the right form passes.
  'pass-at-k': { parts: { advantage: { name: 'pass-at-k', k: 2, threshold: 0.1 } } },
  remax: { config: greedy },
  'greedy-rollout': { config: greedy },
  learned: { needs: ['critic'] },
};
const CONTROLLERS: Readonly<Record<string, object>> = {
  fixed: { value: 0.05 },
  linear: { from: 0.1, to: 0, steps: STEPS },
  cosine: { from: 0.1, to: 0, steps: STEPS },
  'warm-up': { to: 0.1, steps: STEPS },
};

/** Options of parts that have no default. */
const NEEDED: Readonly<Record<string, object>> = {
  'dr-grpo': { length: MAX_COMPLETION_LENGTH },
  'constant-length': { length: MAX_COMPLETION_LENGTH },
};

const rows: readonly (readonly [registry: string, rows: readonly [string, Row][]])[] = [
  [
    'estimator',
    named(estimators.names(), (name) => ({ parts: { advantage: name }, ...ADVANTAGES[name] })),
  ],
  [
    'token estimator',
    named(tokenEstimators.names(), (name) => ({ needs: ['critic'], parts: { advantage: name } })),
  ],
  [
    'baseline',
    named(baselines.names(), (name) => ({
      ...ADVANTAGES[name],
      parts: { advantage: { name: 'group-relative', baseline: name } },
    })),
  ],
  [
    'scaling',
    named(scalings.names(), (name) => ({
      parts: { advantage: { name: 'group-relative', scaling: name } },
    })),
  ],
  ['loss', named(policyLosses.names(), (name) => ({ parts: { loss: { name, ...NEEDED[name] } } }))],
  [
    'KL estimator',
    named([...klEstimators.names(), 'distribution'], (name) => ({
      needs: reference,
      parts: { loss: { name: 'clipped', beta: 0.05, klEstimator: name } },
    })),
  ],
  [
    'reduction',
    named(reductions.names(), (name) => ({
      parts: { loss: { name: 'clipped', reduction: { name, ...NEEDED[name] } } },
    })),
  ],
  [
    'correction',
    named(corrections.names(), (name) => ({
      config: { recomputesOldLogProbs: true, numIterations: 2 },
      parts: { loss: { name: 'clipped', correction: name } },
    })),
  ],
  [
    'ratio level',
    named(ratioLevels.names(), (name) => ({ parts: { loss: { name: 'clipped', ratio: name } } })),
  ],
  [
    'controller',
    named(controllers.names(), (name) => {
      const controller = { name, ...CONTROLLERS[name] };
      return name === 'adaptive-entropy'
        ? { parts: { loss: { name: 'clipped', entropy: { coefficient: controller } } } }
        : { needs: reference, parts: { loss: { name: 'clipped', beta: controller } } };
    }),
  ],
  [
    'group filter',
    named(groupFilters.names(), (name) => ({
      config: { groupFilter: name, dynamicSamplingRounds: 2 },
    })),
  ],
  [
    'optimizer',
    named(choicesOf('optim'), (name) => ({
      config: { optim: name as 'adamw', weightDecay: 0.01 },
    })),
  ],
  [
    'schedule',
    named(choicesOf('lrSchedulerType'), (name) => ({
      config: { lrSchedulerType: name as 'linear', warmupSteps: 0.1 },
    })),
  ],
  [
    'preset',
    named(Object.keys(presets), (name) => ({
      preset: name,
      needs: reference,
      config: { promptsPerStep: 1 },
    })),
  ],
];

/** The values that a field of the configuration chooses from. */
function choicesOf(field: 'optim' | 'lrSchedulerType'): readonly string[] {
  return CONFIG_FIELDS[field].allowed.replace('one of ', '').split(', ');
}

const COMPLETE = [
  'reward',
  'reward_std',
  'frac_reward_zero_std',
  'num_tokens',
  'completions/mean_length',
  'failures/share',
  'learning_rate',
  'loss',
  'grad_norm',
  'entropy',
  'ratio/mean',
  'sampling/sampling_logp_difference/mean',
  'skipped_steps',
  'time/step',
] as const;

const table = rows.flatMap(([registry, ofRegistry]) =>
  ofRegistry.map(([name, row]) => [registry, name, row] as const),
);

test.each(table)('the %s %s trains the demo', async (registry, name, row) => {
  const { records, episodes } = await trained(`${registry} ${name}`, row);
  expect(records.map(({ step }) => step)).toEqual(Array.from({ length: STEPS }, (_, i) => i + 1));
  for (const record of records) {
    expect(Object.keys(record)).toEqual(expect.arrayContaining([...COMPLETE]));
    expect(notFinite(record)).toEqual([]);
    expect(record.skipped_steps).toBe(0);
  }
  expect(Math.max(...records.map(({ grad_norm }) => grad_norm))).toBeGreaterThan(0);
  expect(new Set(records.map(({ reward }) => reward)).size).toBeGreaterThan(1);
  expect(new Set(episodes.map(({ step }) => step)).size).toBe(STEPS);
});

function notFinite(record: MetricsRecord): [string, number][] {
  return Object.entries(record).filter(([, value]) => !Number.isFinite(value));
}
