import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { keyedRandom } from '@grpo/random';
import { readSafetensors, type StoredTensor, writeSafetensors } from '@grpo/safetensors';
import { availableBackends, initBackend } from '@grpo/tensor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ModelConfig, parseModelConfig, weightShapes } from '../config.js';
import { LanguageModel } from '../language-model.js';
import { toTokenBatch } from '../token-batch.js';
import { architectures } from './registry.js';

interface Row {
  readonly name: string;
  /** A folder of fixtures/ with what transformers makes of the model, or a config for random weights. */
  readonly model: string | Readonly<Record<string, unknown>>;
  /** Unmasked tokens that the fixture scores. */
  readonly scored?: number;
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

/** A new architecture is one row here. */
const table: readonly Row[] = [
  { name: 'llama', model: 'llama-gqa-tied', scored: 35 },
  {
    name: 'llama with biases',
    model: { ...small, model_type: 'llama', attention_bias: true, mlp_bias: true },
  },
  {
    name: 'llama with attention biases, wide heads and tied embeddings',
    model: {
      ...small,
      model_type: 'llama',
      attention_bias: true,
      head_dim: 8,
      tie_word_embeddings: true,
    },
  },
  { name: 'qwen2', model: 'qwen2-qkv-bias', scored: 35 },
  { name: 'qwen3', model: { ...small, model_type: 'qwen3', head_dim: 8 } },
  {
    name: 'qwen3 with biases and tied embeddings',
    model: {
      ...small,
      model_type: 'qwen3',
      head_dim: 4,
      attention_bias: true,
      tie_word_embeddings: true,
    },
  },
];

const scratch = mkdtempSync(join(tmpdir(), 'grpo-architectures-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const models = await Promise.all(table.map(async (row) => ({ ...row, ...(await modelOf(row)) })));
const golden = models.filter(({ scored }) => scored !== undefined);
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

  test.each(golden)('$name: log-probs are those of transformers', async ({ folder, scored }) => {
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
    expect(compared).toBe(scored);
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
      const expected = plainLogits(row.config, row.weights, ids).flat();
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
    async ({ name, folder, config, weights }) => {
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
      for (const weight of weights.keys()) {
        if (weight.includes('.layers.1.')) continue; // as those of layer 0
        const first = moments.get(`first.${weight}`)?.data ?? new Float32Array();
        const index = Math.floor(first.length / 3);
        const expected = plainGradient(config, weights, weight, index);
        // AdamW's first moment after one step is (1 − 0.9) of the gradient.
        const error = Math.abs(first[index] / 0.1 - expected) / Math.max(1, Math.abs(expected));
        expect(error, weight).toBeLessThan(1e-4);
      }
    },
  );
});

test.each(models)('$name: a saved model is the one that was opened', async ({ name, folder }) => {
  await initBackend('wasm');
  const model = LanguageModel.open(folder);
  const saved = join(scratch, `saved-${name}`);
  await model.save(saved);
  const again = LanguageModel.open(saved);
  expect(again.config).toEqual(model.config);
  expect(await again.logits(sequences[0])).toEqual(await model.logits(sequences[0]));
  const names = [...readSafetensors(join(saved, 'model.safetensors')).tensors.keys()];
  expect(names.sort()).toEqual([...weightShapes(model.config).keys()].sort());
  model.dispose();
  again.dispose();
});

test.each(models)('$name: a new model starts with norms at 1 and biases at 0', async (row) => {
  await initBackend('wasm');
  const json = JSON.parse(readFileSync(join(row.folder, 'config.json'), 'utf8'));
  const model = LanguageModel.create(json, new Map(), 5);
  const saved = join(scratch, `new-${row.name}`);
  await model.save(saved);
  model.dispose();
  for (const [name, { shape, data }] of readSafetensors(join(saved, 'model.safetensors')).tensors) {
    const start = name.endsWith('.bias') ? 0 : 1;
    if (shape.length === 1) expect(new Set(data), name).toEqual(new Set([start]));
    else expect(deviation(data) / row.config.initializerRange, name).toBeCloseTo(1, 0);
  }
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

function deviation(data: ArrayLike<number>): number {
  return Math.sqrt(Array.from(data, (x) => x * x).reduce((sum, x) => sum + x, 0) / data.length);
}

function logProbOf(logits: readonly number[], id: number): number {
  const most = Math.max(...logits);
  return logits[id] - most - Math.log(logits.reduce((sum, x) => sum + Math.exp(x - most), 0));
}

/** Central difference of the negative log-likelihood of the batch, all in float64. */
function plainGradient(
  config: ModelConfig,
  weights: ReadonlyMap<string, StoredTensor>,
  name: string,
  index: number,
): number {
  const step = 1e-4;
  const sides = [step, -step].map((move) => {
    const stored = weights.get(name);
    const data = Float64Array.from(stored?.data ?? []);
    data[index] += move;
    const moved = new Map<string, { readonly data: ArrayLike<number> }>(weights);
    moved.set(name, { data });
    return sequences
      .flatMap((ids) => {
        const logits = plainLogits(config, moved, ids);
        return ids.slice(1).map((id, t) => -logProbOf(logits[t], id));
      })
      .reduce((sum, x) => sum + x, 0);
  });
  return (sides[0] - sides[1]) / (2 * step);
}

/**
 * The decoder in plain loops over one sequence, in float64 and apart from the descriptions: a projection adds
 * a bias, and a head is normed, exactly where the file holds such a weight. @returns [T][V]
 */
function plainLogits(
  config: ModelConfig,
  weights: ReadonlyMap<string, { readonly data: ArrayLike<number> }>,
  ids: readonly number[],
): number[][] {
  const { headSize: dh, heads, keyValueHeads } = config;
  const data = (name: string) => weights.get(name)?.data;
  const linear = (x: readonly number[], name: string) => {
    const w = data(`${name}.weight`) ?? [];
    const bias = data(`${name}.bias`);
    return Array.from({ length: w.length / x.length }, (_, o) =>
      x.reduce((sum, value, i) => sum + value * w[o * x.length + i], bias?.[o] ?? 0),
    );
  };
  const norm = (x: readonly number[], name: string) => {
    const w = data(`${name}.weight`);
    const square = x.reduce((sum, value) => sum + value * value, 0) / x.length;
    return x.map((value, i) => (value / Math.sqrt(square + config.normEpsilon)) * (w?.[i] ?? 1));
  };
  const turn = (head: readonly number[], position: number) =>
    head.map((value, i) => {
      const half = dh / 2;
      const angle = position * config.ropeTheta ** ((-2 * (i % half)) / dh);
      const other = i < half ? -head[i + half] : head[i - half];
      return value * Math.cos(angle) + other * Math.sin(angle);
    });
  const headsOf = (x: readonly number[], position: number, headNorm: string) =>
    Array.from({ length: x.length / dh }, (_, h) => {
      const head = x.slice(h * dh, (h + 1) * dh);
      return turn(data(`${headNorm}.weight`) ? norm(head, headNorm) : head, position);
    });
  const plus = (a: readonly number[], b: readonly number[]) => a.map((x, i) => x + b[i]);

  const embedding = data('model.embed_tokens.weight') ?? [];
  const d = config.hiddenSize;
  let x = ids.map((id) => Array.from({ length: d }, (_, i) => embedding[id * d + i]));
  for (let layer = 0; layer < config.layers; layer++) {
    const at = `model.layers.${layer}`;
    const h = x.map((row) => norm(row, `${at}.input_layernorm`));
    const project = (name: string) => h.map((row) => linear(row, `${at}.self_attn.${name}_proj`));
    const q = project('q').map((row, t) => headsOf(row, t, `${at}.self_attn.q_norm`));
    const k = project('k').map((row, t) => headsOf(row, t, `${at}.self_attn.k_norm`));
    const v = project('v');
    const attended = q.map((queries, t) =>
      queries.flatMap((query, head) => {
        const group = Math.floor(head / (heads / keyValueHeads));
        const scores = k
          .slice(0, t + 1)
          .map((keys) => keys[group].reduce((sum, key, i) => sum + key * query[i], 0));
        const scaled = scores.map((score) => score / Math.sqrt(dh));
        return Array.from({ length: dh }, (_, i) =>
          scaled.reduce(
            (sum, _score, s) => sum + Math.exp(logProbOf(scaled, s)) * v[s][group * dh + i],
            0,
          ),
        );
      }),
    );
    x = x.map((row, t) => plus(row, linear(attended[t], `${at}.self_attn.o_proj`)));
    x = x.map((row) => {
      const m = norm(row, `${at}.post_attention_layernorm`);
      const up = linear(m, `${at}.mlp.up_proj`);
      const gated = linear(m, `${at}.mlp.gate_proj`).map(
        (g, i) => (g / (1 + Math.exp(-g))) * up[i],
      );
      return plus(row, linear(gated, `${at}.mlp.down_proj`));
    });
  }
  const output = config.tiedEmbeddings ? 'model.embed_tokens' : 'lm_head';
  return x.map((row) => linear(norm(row, 'model.norm'), output));
}
