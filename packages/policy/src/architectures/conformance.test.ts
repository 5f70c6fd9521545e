import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { keyedRandom } from '@grpo/random';
import { readSafetensors, type StoredTensor, writeSafetensors } from '@grpo/safetensors';
import { availableBackends, initBackend } from '@grpo/tensor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toTokenBatch } from '../engine/token-batch.js';
import { LanguageModel } from '../model/language-model.js';
import { type ModelConfig, parseModelConfig, weightShapes } from './config.js';
import { type PlainWeights, plainLogits } from './plain-engine.js';
import { architectures } from './registry.js';

interface Row {
  readonly name: string;
  /** A folder of fixtures/ with what transformers makes of the model, or a config for random weights. */
  readonly model: string | Readonly<Record<string, unknown>>;
}

const small = {
  vocab_size: 23,
  hidden_size: 16,
  intermediate_size: 20,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  max_position_embeddings: 64,
  rms_norm_eps: 1e-6,
  initializer_range: 0.3,
};

/** A new architecture is one row here: a folder that transformers has computed, or a config for a variant of it. */
const table: readonly Row[] = [
  { name: 'llama', model: 'llama-gqa-tied' },
  {
    name: 'llama with biases',
    model: { ...small, model_type: 'llama', attention_bias: true, mlp_bias: true, head_dim: 8 },
  },
  { name: 'llama with linear positions', model: 'llama-rope-linear' },
  { name: 'llama with dynamic positions', model: 'llama-rope-dynamic' },
  { name: 'llama with positions of Llama 3.1', model: 'llama-rope-llama3' },
  { name: 'llama with YaRN, older keys', model: 'llama-rope-yarn' },
  { name: 'llama with LongRoPE', model: 'llama-rope-longrope' },
  { name: 'mistral, older keys', model: 'mistral-window' },
  { name: 'qwen2', model: 'qwen2-qkv-bias' },
  { name: 'qwen2 with windows', model: 'qwen2-windows' },
  { name: 'qwen3', model: 'qwen3-head-norms' },
  {
    name: 'qwen3 with biases and an output matrix',
    model: { ...small, model_type: 'qwen3', head_dim: 4, attention_bias: true },
  },
  { name: 'smollm3', model: 'smollm3-no-rope' },
  {
    name: 'smollm3 with biases, and windows without positions',
    model: {
      ...small,
      model_type: 'smollm3',
      no_rope_layers: [0, 1],
      use_sliding_window: true,
      sliding_window: 3,
      attention_bias: true,
      mlp_bias: true,
    },
  },
  { name: 'gemma', model: 'gemma' },
  { name: 'gemma2', model: 'gemma2-soft-caps' },
  { name: 'gemma3', model: 'gemma3-two-ropes' },
  { name: 'gemma3, older keys', model: 'gemma3-older-keys' },
  { name: 'gpt2', model: 'gpt2' },
  { name: 'gpt2 with exact GELU, falling scores, an output matrix', model: 'gpt2-exact-gelu' },
];

const scratch = mkdtempSync(join(tmpdir(), 'grpo-architectures-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const models = await Promise.all(table.map(async (row) => ({ ...row, ...(await modelOf(row)) })));
const golden = models.filter(({ model }) => typeof model === 'string');
const backends = await availableBackends();

/** Ids that end in the vocabulary of every model here. */
const sequences = [
  [1, 7, 3, 3, 19, 22, 5],
  [4, 11, 2],
];
const batch = toTokenBatch(sequences.map((ids) => ({ ids, mask: ids.map((_, t) => t > 0) })));

test('every architecture has a row', () => {
  const covered = new Set(models.map(({ config }) => config.modelType));
  expect([...covered].sort()).toEqual(architectures.map(({ modelType }) => modelType).sort());
});

describe.each(backends)('on the %s backend', (backend) => {
  beforeAll(async () => {
    await initBackend(backend);
  });

  test.each(golden)('$name: log-probs are those of transformers', async ({ folder }) => {
    const { batch: given } = referenceOf(folder);
    const rows: { ids: number[]; logProbs: number[] }[] = given.input_ids.map(
      (ids: number[], b: number) => {
        const start = given.attention_mask[b].indexOf(1);
        return { ids: ids.slice(start), logProbs: given.token_logps[b].slice(start) };
      },
    );
    const padded = toTokenBatch(rows.map(({ ids }) => ({ ids, mask: ids.map((_, t) => t > 0) })));
    const model = LanguageModel.open(folder);
    const logProbs = await model.logProbs(padded);
    let compared = 0;
    for (const [b, row] of rows.entries()) {
      for (const [t, expected] of row.logProbs.entries()) {
        expect(Math.abs(logProbs[b * padded.shape[1] + t + 1] - expected)).toBeLessThan(1e-4);
        compared++;
      }
    }
    expect(compared).toBe(rows.reduce((sum, { ids }) => sum + ids.length - 1, 0));
    expect(compared).toBeGreaterThan(30);
    model.dispose();
  });

  test.each(golden)('$name: logits are those of transformers', async ({ folder }) => {
    const { batch: given } = referenceOf(folder);
    const model = LanguageModel.open(folder);
    for (const { row, position, values } of given.logits) {
      const start = given.attention_mask[row].indexOf(1);
      const logits = await model.logits(given.input_ids[row].slice(start));
      const at = (position - start) * model.config.vocabularySize;
      expect(distance(logits.subarray(at, at + values.length), values)).toBeLessThan(1e-4);
    }
    model.dispose();
  });

  test.each(golden)('$name: greedy sampling is that of transformers', async ({ folder }) => {
    const { prompts, completions, logps } = referenceOf(folder).greedy;
    const model = LanguageModel.open(folder);
    const sampled = await model.sampler().sample(
      prompts.map((ids: number[]) => ({ ids, seed: 1 })),
      { maxTokens: 16, temperature: 0, stopIds: [] },
    );
    expect(sampled.map(({ ids }) => ids)).toEqual(completions);
    for (const [b, { logProbs }] of sampled.entries()) {
      expect(distance(logProbs, logps[b])).toBeLessThan(1e-4);
    }
    model.dispose();
  });

  test.each(models)('$name: logits are those of plain loops in float64', async (row) => {
    const model = LanguageModel.open(row.folder);
    for (const ids of sequences) {
      const expected = plainLogits(row.config, row.weights, ids).flatMap((logits) => [...logits]);
      expect(distance(await model.logits(ids), expected)).toBeLessThan(1e-4);
    }
    model.dispose();
  });

  test.each(models)('$name: sampling step by step scores as one pass does', async (row) => {
    const model = LanguageModel.open(row.folder);
    const requests = sequences.map((ids, seed) => ({ ids, seed }));
    const sampled = await model.sampler().sample(requests, { maxTokens: 6, stopIds: [] });
    for (const [b, { ids, logProbs }] of sampled.entries()) {
      const prompt = sequences[b];
      const logits = plainLogits(row.config, row.weights, [...prompt, ...ids]);
      const expected = ids.map((id, t) => logProbOf(logits[prompt.length + t - 1], id));
      expect(distance(logProbs, expected)).toBeLessThan(1e-4);
    }
    model.dispose();
  });

  test.each(models)(
    '$name: every kind of weight gets the gradient of finite differences',
    async (row) => {
      const { name, folder } = row;
      const model = LanguageModel.open(folder);
      await model.forwardBackward(batch, (logProbs) => ({
        loss: -logProbs.reduce((sum, x) => sum + x, 0),
        gradLogProbs: Float64Array.from(batch.mask, (m) => -m),
      }));
      await model.optimStep({ learningRate: 0 });
      const saved = join(scratch, `gradient-${backend}-${name}`);
      await model.save(saved, { optimizer: true });
      model.dispose();
      const moments = readSafetensors(join(saved, 'optimizer.safetensors')).tensors;
      for (const [weight, { index, expected }] of slopesOf(row)) {
        const first = moments.get(`first.${weight}`)?.data ?? new Float32Array();
        // AdamW's first moment after one step is (1 − 0.9) of the gradient.
        const error = Math.abs(first[index] / 0.1 - expected) / Math.max(1, Math.abs(expected));
        expect(error, weight).toBeLessThan(1e-4);
      }
    },
  );
});

test.each(models)('$name: a saved model is the one that was opened', async (row) => {
  const { name, folder } = row;
  await initBackend('wasm');
  const model = LanguageModel.open(folder);
  const saved = join(scratch, `saved-${name}`);
  await model.save(saved);
  const again = LanguageModel.open(saved);
  expect(again.config).toEqual(model.config);
  expect(await again.logits(sequences[0])).toEqual(await model.logits(sequences[0]));
  const names = [...readSafetensors(join(saved, 'model.safetensors')).tensors.keys()];
  expect(names.sort()).toEqual([...row.weights.keys()].sort());
  model.dispose();
  again.dispose();
});

test('windows and caps hold in a long answer, whose cache is attended in two parts', async () => {
  await initBackend('wasm');
  const model = LanguageModel.create(
    {
      ...small,
      model_type: 'gemma2',
      head_dim: 6,
      query_pre_attn_scalar: 2,
      sliding_window: 9,
      attn_logit_softcapping: 1,
      final_logit_softcapping: 3,
      max_position_embeddings: 200,
    },
    new Map(),
    3,
  );
  const requests = sequences.map((ids, seed) => ({ ids, seed }));
  const sampled = await model.sampler().sample(requests, { maxTokens: 180, stopIds: [] });
  const whole = toTokenBatch(
    sampled.map(({ ids }, b) => ({
      ids: [...sequences[b], ...ids],
      mask: [...sequences[b].map(() => false), ...ids.map(() => true)],
    })),
  );
  const logProbs = await model.logProbs(whole);
  for (const [b, { ids, logProbs: recorded }] of sampled.entries()) {
    const start = b * whole.shape[1] + sequences[b].length;
    expect(distance(recorded, logProbs.slice(start, start + ids.length))).toBeLessThan(1e-4);
  }
  model.dispose();
});

function referenceOf(folder: string) {
  return JSON.parse(readFileSync(join(folder, 'reference.json'), 'utf8'));
}

/** The row's folder, written with random weights, biases and norms where the row gives only a config. */
async function modelOf({ name, model }: Row) {
  let folder: string;
  if (typeof model === 'string') {
    folder = fileURLToPath(new URL(`../../fixtures/${model}`, import.meta.url));
  } else {
    folder = join(scratch, name);
    mkdirSync(folder);
    writeFileSync(join(folder, 'config.json'), JSON.stringify(model));
    const weights = new Map<string, StoredTensor>();
    for (const [weight, shape] of weightShapes(parseModelConfig(model, name))) {
      const random = keyedRandom(3, 'conformance', weight);
      const size = shape.reduce((product, length) => product * length, 1);
      const centre = weight.endsWith('norm.weight') ? 1 : 0;
      const data = Float32Array.from({ length: size }, () => centre + 0.3 * random.normal());
      weights.set(weight, { shape, data });
    }
    await writeSafetensors(join(folder, 'model.safetensors'), weights);
  }
  const json = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
  const { tensors } = readSafetensors(join(folder, 'model.safetensors'));
  return { folder, config: parseModelConfig(json, name), weights: tensors };
}

/** Largest difference between two lists of one length. */
function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  return Array.from(a, (x, i) => Math.abs(x - b[i])).reduce((most, x) => Math.max(most, x), 0);
}

function logProbOf(logits: Float64Array, id: number): number {
  const most = Math.max(...logits);
  return logits[id] - most - Math.log(logits.reduce((sum, x) => sum + Math.exp(x - most), 0));
}

const slopes = new Map<string, ReadonlyMap<string, Slope>>();

/** The gradient of one number of every weight by finite differences; the same for all backends. */
function slopesOf({ name, config, weights }: (typeof models)[number]): ReadonlyMap<string, Slope> {
  const known = slopes.get(name);
  if (known) return known;
  const found = new Map(
    [...weights].map(([weight, { data }]) => {
      const index = placeIn(weight, data.length, config);
      return [weight, { index, expected: plainGradient(config, weights, weight, index) }];
    }),
  );
  slopes.set(name, found);
  return found;
}

interface Slope {
  readonly index: number;
  readonly expected: number;
}

/** A place that the batch reaches: in the row of one of its ids or positions, or anywhere. */
function placeIn(weight: string, size: number, { hiddenSize }: ModelConfig): number {
  const isTable = weight.includes('wpe') || weight.includes('embed') || weight.includes('wte');
  return isTable ? 3 * hiddenSize + 1 : Math.floor(size / 3);
}

/** Central difference of the negative log-likelihood of the batch, all in float64. */
function plainGradient(
  config: ModelConfig,
  weights: PlainWeights,
  name: string,
  index: number,
): number {
  const step = 1e-4;
  const sides = [step, -step].map((move) => {
    const { shape = [], data: stored = [] } = weights.get(name) ?? {};
    const data = Float64Array.from(stored);
    data[index] += move;
    const moved = new Map(weights).set(name, { shape, data });
    return sequences
      .flatMap((ids) => {
        const logits = plainLogits(config, moved, ids);
        return ids.slice(1).map((id, t) => -logProbOf(logits[t], id));
      })
      .reduce((sum, x) => sum + x, 0);
  });
  return (sides[0] - sides[1]) / (2 * step);
}
