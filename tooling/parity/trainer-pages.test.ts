import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { curriculum, singleTurn } from '@grpo/envs';
import {
  characterTokenizerFiles,
  createChatFormat,
  LanguageModel,
  llamaConfigJson,
} from '@grpo/policy';
import { clippedLoss } from '@grpo/policy-loss';
import { initBackend } from '@grpo/tensor';
import { CONFIG_FIELDS, type GivenConfig, presets, train } from '@grpo/trainer';
import { givenHiddenStates, ValueModel } from '@grpo/value';
import { describe, expect, it } from 'vitest';

const docs = fileURLToPath(new URL('../../docs', import.meta.url));
const page = (path: string) => readFileSync(join(docs, path), 'utf8');
/** The cells of every row of every table. */
const rowsOf = (text: string) =>
  [...text.matchAll(/^\| (.*) \|$/gm)].map(([, row = '']) =>
    row.split('|').map((cell) => cell.trim()),
  );
const inTicks = (cell = '') => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);

/** Numbers, texts and truths as the pages write them. */
const read = (cell = '') => {
  const bare = cell.replaceAll('`', '');
  if (bare === 'must be given' || bare === '') return undefined;
  if (bare === 'true' || bare === 'false') return bare === 'true';
  const number = Number(bare);
  return Number.isNaN(number) ? bare : number;
};

describe('pages of the trainer', () => {
  it('the page of the configuration lists every field, with its default and what it may hold', () => {
    const written = rowsOf(page('guides/config.md'))
      .filter(([name]) => name?.startsWith('`'))
      .map(([name, fallback, allowed]) => [inTicks(name)[0], read(fallback), allowed]);
    const spoken = new Map<unknown, unknown>([
      [Number.POSITIVE_INFINITY, 'all'],
      ['', 'none'],
    ]);
    const expected = Object.entries(CONFIG_FIELDS).map(([name, field]) => [
      name,
      spoken.get(field.default) ?? field.default,
      field.allowed,
    ]);
    expect(written).toEqual(expected);
  });

  it('the table of presets holds the numbers of the presets, and their purposes stand above it', () => {
    const text = page('guides/tune.md');
    const [[, ...names] = [], , ...rows] = rowsOf(text);
    const written = names.map((name, column) => [
      name,
      Object.fromEntries(
        rows.flatMap(([field, ...cells]) => {
          const value = read(cells[column]);
          return value === undefined ? [] : [[inTicks(field)[0], value]];
        }),
      ),
    ]);
    const expected = Object.entries(presets).map(([name, { config, loss }]) => {
      const { name: _, ...options } = loss;
      return [name, { ...config, ...options }];
    });
    expect(Object.fromEntries(written)).toEqual(Object.fromEntries(expected));
    for (const [name, { about, advantage, loss }] of Object.entries(presets)) {
      expect(text).toContain(`- \`${name}\`: ${about}`);
      expect([advantage, loss.name]).toEqual(['group-relative', 'dapo']);
    }
  });

  it('every metric of real records is defined', async () => {
    const names = rowsOf(page('algorithms/metrics.md')).flatMap(([name]) => inTicks(name));
    const defined = names.map((name) => new RegExp(`^${name.replaceAll(/<[^>]+>/g, '.+')}$`));
    const reported = new Set((await records()).flatMap((record) => Object.keys(record)));
    expect([...reported].filter((name) => !defined.some((one) => one.test(name)))).toEqual([]);
    for (const name of [
      'value/loss',
      'curriculum/level',
      'dynamic_sampling/rounds',
      'reward_kl/mean',
      'sampling/effective_sample_size',
      'eval/pass@2',
      'failures/env/thrown',
      'failures/reward/odd/thrown',
      'rewards/even/part/mean',
      'stop/completed',
    ]) {
      expect(reported).toContain(name);
    }
  });
});

/** The records of small runs in which everything that makes a metric is at work. */
async function records() {
  await initBackend('wasm');
  const files = characterTokenizerFiles({
    characters: '0123456789',
    tokens: ['<pad>', '<|end|>'],
    padToken: '<pad>',
    endToken: '<|end|>',
    chatTemplate: '{% for m in messages %}{{ m.content }}{% endfor %}',
  });
  const model = llamaConfigJson({
    vocabularySize: 12,
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
  const tasks = Array.from({ length: 4 }, (_, i) => ({
    id: String(i),
    messages: [{ role: 'user' as const, content: String(i) }],
    row: { prompt: String(i) },
  }));
  const dataset = { name: 'digits', tasks };
  const policy = LanguageModel.create(model, files, 1);
  let opened = 0;
  const parts = {
    policy,
    reference: LanguageModel.create(model, files, 2),
    chat: createChatFormat(files),
    env: (task: (typeof tasks)[number]) => {
      if (++opened % 9 === 0) throw new Error('no room');
      return singleTurn()(task);
    },
    rewards: [
      {
        name: 'even',
        fn: ({ completion }: { readonly completion: string }) => {
          const value = Number(/[02468]$/.test(completion));
          return { value, parts: { part: completion.length } };
        },
      },
      {
        name: 'odd',
        fn: ({ completion }: { readonly completion: string }) => {
          if (completion.startsWith('1')) throw new Error('a one');
          return 0;
        },
      },
    ],
    loss: clippedLoss({ beta: 0.1, entropy: 0.01, correction: 'importance-sampling' }),
  };
  const config: GivenConfig = {
    maxSteps: 2,
    promptsPerStep: 4,
    numGenerations: 4,
    maxCompletionLength: 3,
    numIterations: 2,
    rewardKlCoefficient: 0.1,
    recomputesOldLogProbs: true,
    evalSteps: 1,
    numGenerationsEval: 2,
    maxFailureShare: 1,
  };
  const valueFunction = new ValueModel(givenHiddenStates(16), { seed: 1 });
  const folder = mkdtempSync(join(tmpdir(), 'grpo-metrics-'));
  const quiet = { evalDataset: dataset, say: () => {} };
  try {
    const plain = await train({
      ...quiet,
      parts: { ...parts, dataset, advantage: 'group-relative' },
      config: { ...config, dynamicSamplingRounds: 2 },
      folder: join(folder, 'a'),
    });
    const levels = tasks.map((task) => ({ name: task.id, tasks: [task] }));
    const critic = { valueFunction, model: policy, update: { learningRate: 1e-3 } };
    const withCritic = await train({
      ...quiet,
      parts: { ...parts, dataset: curriculum(levels), advantage: 'gae', critic },
      config,
      folder: join(folder, 'b'),
    });
    return [...plain, ...withCritic];
  } finally {
    rmSync(folder, { recursive: true });
    for (const owner of [policy, parts.reference, valueFunction]) owner.dispose();
  }
}
