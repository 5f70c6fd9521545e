import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { LanguageModel, type SampledTokens, type Sampler, toTokenBatch } from '@grpo/policy';
import { samplerChecks } from '@grpo/policy/testing';
import { keyedRandom } from '@grpo/random';
import { initBackend } from '@grpo/tensor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { onnxSampler } from './onnx-sampler.js';

const FIXTURES = fileURLToPath(new URL('../../policy/fixtures/', import.meta.url));
const folderOf = (name: string) => `${FIXTURES}${name}`;

/** Every fixture that transformers has continued greedily: all architectures and their variants. */
const golden = readdirSync(FIXTURES).flatMap((name) => {
  try {
    const { greedy } = JSON.parse(readFileSync(`${folderOf(name)}/reference.json`, 'utf8'));
    return greedy === undefined || name.startsWith('lora') ? [] : [{ name, greedy }];
  } catch {
    return [];
  }
});

const prompts = [
  [3, 9, 11, 21],
  [5, 6],
  [3, 9, 11, 21],
  [20, 21, 22, 3, 4, 5],
];
const requests = prompts.map((ids, seed) => ({ ids, seed }));
const how = { maxTokens: 12, temperature: 0.8, stopIds: [] };

beforeAll(async () => {
  await initBackend('wasm');
});

/** Largest difference between what the sampler recorded and what the policy makes of the same tokens. */
async function scoreDistance(
  model: LanguageModel,
  sampled: readonly SampledTokens[],
  temperature: number,
  asked: readonly (readonly number[])[] = prompts,
): Promise<number> {
  const batch = toTokenBatch(
    sampled.map(({ ids }, r) => ({
      ids: [...asked[r], ...ids],
      mask: [...asked[r].map(() => false), ...ids.map(() => true)],
    })),
    temperature,
  );
  const known = await model.logProbs(batch);
  const errors = sampled.flatMap(({ logProbs }, r) =>
    logProbs.map((value, t) => Math.abs(value - known[r * batch.shape[1] + asked[r].length + t])),
  );
  return Math.max(...errors);
}

async function learn(model: LanguageModel, learningRate = 0.01): Promise<void> {
  const batch = toTokenBatch([{ ids: [1, 2, 3], mask: [false, true, true] }]);
  await model.forwardBackward(batch, (logProbs) => ({
    loss: -logProbs.reduce((sum, x) => sum + x, 0),
    gradLogProbs: Float64Array.from(batch.mask, (m) => -m),
  }));
  await model.optimStep({ learningRate });
}

describe.each(golden)('$name', ({ name, greedy }) => {
  test('greedy sampling is that of transformers', async () => {
    const model = LanguageModel.open(folderOf(name));
    const sampler = await onnxSampler(model);
    const sampled = await sampler.sample(
      greedy.prompts.map((ids: number[]) => ({ ids, seed: 1 })),
      { maxTokens: 16, temperature: 0, stopIds: [] },
    );
    expect(sampled.map(({ ids }) => ids)).toEqual(greedy.completions);
    model.dispose();
  });

  test('log-probs are those of the training engine', async () => {
    const model = LanguageModel.open(folderOf(name));
    const sampled = await (await onnxSampler(model)).sample(requests, how);
    expect(await scoreDistance(model, sampled, how.temperature)).toBeLessThan(1e-4);
    model.dispose();
  });
});

test('every architecture is among the fixtures', () => {
  const kinds = golden.map(({ name }) => modelTypeOf(name));
  expect([...new Set(kinds)].sort()).toEqual([
    'gemma',
    'gemma2',
    'gemma3_text',
    'gpt2',
    'llama',
    'mistral',
    'qwen2',
    'qwen3',
    'smollm3',
  ]);
});

function modelTypeOf(name: string): string {
  return JSON.parse(readFileSync(`${folderOf(name)}/config.json`, 'utf8')).model_type;
}

describe('the properties of every sampler', () => {
  let model: LanguageModel;
  let sampler: Sampler;
  beforeAll(async () => {
    model = LanguageModel.open(folderOf('llama-gqa-tied'));
    sampler = await onnxSampler(model, { maxBatchSize: 200 });
  });
  afterAll(() => model.dispose());

  const checks = samplerChecks(
    { sample: (asked, options) => sampler.sample(asked, options) },
    {
      logits: async (ids) => (await model.logits(ids)).slice(-model.config.vocabularySize),
      prompt: [3, 9, 27, 81],
      temperature: 0.8,
      draws: 1000,
    },
  );
  test.each(checks.map(({ name, run }) => [name, run] as const))('%s', (_, run) => run());
});

test('rows that come, leave and stay sample what they sample alone', async () => {
  const model = LanguageModel.open(folderOf('qwen2-windows'));
  const random = keyedRandom('rows');
  const many = Array.from({ length: 7 }, (_, seed) => ({
    ids: Array.from({ length: 1 + random.integer(seed % 3 === 0 ? 40 : 6) }, () =>
      random.integer(23),
    ),
    seed,
    maxTokens: 1 + random.integer(40),
  }));
  const options = { ...how, maxTokens: 40 };
  const alone: SampledTokens[] = [];
  for (const request of many) {
    alone.push(...(await (await onnxSampler(model)).sample([request], options)));
  }
  for (const maxBatchSize of [3, 7]) {
    const sampler = await onnxSampler(model, { maxBatchSize });
    const together = await sampler.sample(many, options);
    expect(together.map(({ ids }) => ids)).toEqual(alone.map(({ ids }) => ids));
  }
  const asked = many.map(({ ids }) => ids);
  expect(await scoreDistance(model, alone, how.temperature, asked)).toBeLessThan(1e-4);
  model.dispose();
});

test('a row that fills the context waits beside others without leaving the table of positions', async () => {
  const model = LanguageModel.open(folderOf('gpt2'));
  const { contextLength } = model.config;
  const full = Array.from({ length: contextLength - 2 }, (_, t) => t % 23);
  const short = Array.from({ length: 8 }, (_, seed) => ({ ids: [3, 4], seed }));
  const sampler = await onnxSampler(model);
  const [last, ...others] = await sampler.sample([{ ids: full, seed: 1 }, ...short], how);
  expect([last.stopReason, last.ids.length]).toEqual(['length', 2]);
  expect(others.map(({ ids }) => ids.length)).toEqual(short.map(() => how.maxTokens));
  const asked = [full, ...short.map(({ ids }) => ids)];
  expect(await scoreDistance(model, [last, ...others], how.temperature, asked)).toBeLessThan(1e-4);
  model.dispose();
});

test('a step of the optimizer shows in the next call, without a new sampler', async () => {
  const model = LanguageModel.open(folderOf('llama-gqa-tied'));
  const sampler = await onnxSampler(model);
  const before = await sampler.sample(requests, how);
  await learn(model);
  const after = await sampler.sample(requests, how);
  expect(await scoreDistance(model, after, how.temperature)).toBeLessThan(1e-4);
  expect(await scoreDistance(model, before, how.temperature)).toBeGreaterThan(1e-2);
  model.dispose();
});

test.each([
  ['llama-gqa-tied', 'lora-llama-all-linear'],
  ['gpt2', 'lora-gpt2-conv1d'],
])('adapters on %s are handed over without their base', async (base, adapter) => {
  const model = LanguageModel.open(folderOf(base), { adapter: folderOf(adapter) });
  const reads: string[] = [];
  const counted = {
    config: model.config,
    hostWeights: () => {
      const now = model.hostWeights();
      const known = wrapped.get(now);
      if (known) return known;
      const tensors = new Map(
        [...now.tensors].map(([name, entry]) => {
          const own = entries.get(entry) ?? {
            shape: entry.shape,
            read: () => {
              reads.push(name);
              return entry.read();
            },
          };
          entries.set(entry, own);
          return [name, own];
        }),
      );
      const whole = { ...now, tensors };
      wrapped.set(now, whole);
      return whole;
    },
  };
  const entries = new Map<object, { shape: readonly number[]; read: () => Float32Array }>();
  const wrapped = new Map<object, ReturnType<LanguageModel['hostWeights']>>();

  const sampler = await onnxSampler(counted);
  const first = await sampler.sample(requests, how);
  expect(await scoreDistance(model, first, how.temperature)).toBeLessThan(1e-4);
  expect(reads).toHaveLength(model.hostWeights().tensors.size);
  reads.length = 0;
  await learn(model, 0.1);
  const second = await sampler.sample(requests, how);
  expect(await scoreDistance(model, second, how.temperature)).toBeLessThan(1e-4);
  expect(await scoreDistance(model, first, how.temperature)).toBeGreaterThan(1e-2);
  expect(reads.length).toBeGreaterThan(0);
  expect(reads.filter((name) => !name.includes('.lora_'))).toEqual([]);
  model.dispose();
});

test('a model whose adapters are folded in is compiled anew', async () => {
  const adapter = folderOf('lora-llama-all-linear');
  const model = LanguageModel.open(folderOf('llama-gqa-tied'), { adapter });
  const sampler = await onnxSampler(model);
  const before = await sampler.sample(requests, how);
  model.merge();
  const after = await sampler.sample(requests, how);
  expect(after.map(({ ids }) => ids)).toEqual(before.map(({ ids }) => ids));
  expect(await scoreDistance(model, after, how.temperature)).toBeLessThan(1e-4);
  model.dispose();
});

test('threads that make no sense are refused', async () => {
  const model = LanguageModel.open(folderOf('llama-gqa-tied'));
  await expect(onnxSampler(model, { threads: 0 })).rejects.toThrow('threads of at least 1, got 0');
  model.dispose();
});

test('weights that are gone reject the call', async () => {
  const model = LanguageModel.open(folderOf('llama-gqa-tied'));
  const sampler = await onnxSampler(model);
  model.dispose();
  await expect(sampler.sample(requests, how)).rejects.toThrow('disposed');
});
