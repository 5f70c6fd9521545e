import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readSafetensors, writeSafetensors } from '@grpo/safetensors';
import { availableBackends, countTensors, initBackend } from '@grpo/tensor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toTokenBatch } from '../engine/token-batch.js';
import type { LogProbLoss } from '../types.js';
import { LanguageModel } from './language-model.js';

// A two-layer Llama with grouped-query attention and tied embeddings.
const folder = fileURLToPath(new URL('../../fixtures/llama-gqa-tied', import.meta.url));
const reference = JSON.parse(readFileSync(join(folder, 'reference.json'), 'utf8'));
const scratch = mkdtempSync(join(tmpdir(), 'grpo-policy-'));
afterAll(() => rmSync(scratch, { recursive: true }));
const copyOf = (name: string) => {
  cpSync(folder, join(scratch, name), { recursive: true });
  return join(scratch, name);
};

/** The reference's left-padded rows without their padding. */
const rows: { ids: number[] }[] = reference.batch.input_ids.map((ids: number[], b: number) => ({
  ids: ids.slice(reference.batch.attention_mask[b].indexOf(1)),
}));
const batch = toTokenBatch(rows.map(({ ids }) => ({ ids, mask: ids.map((_, t) => t > 0) })));
const backends = await availableBackends();
const output = // [V, D] the embeddings, which the output layer shares
  readSafetensors(join(folder, 'model.safetensors')).tensors.get('model.embed_tokens.weight')
    ?.data ?? new Float32Array();

describe.each(backends)('on the %s backend', (backend) => {
  beforeAll(async () => {
    await initBackend(backend);
  });

  test('hidden states times the output weights are the logits that tokens were predicted from', async () => {
    const model = LanguageModel.open(folder);
    const own = rows.map(({ ids }) => ({ ids, mask: ids.map((_, t) => t > 0 && t % 3 !== 0) }));
    const { before, after } = await model.hiddenStates(toTokenBatch(own));
    const width = model.config.hiddenSize;
    const expected = own.flatMap(({ mask }) => mask.filter(Boolean)).length;
    expect(before.shape).toEqual([expected, width]);
    expect(after.shape).toEqual([rows.length, width]);
    let n = 0;
    for (const [b, { ids, mask }] of own.entries()) {
      const logits = await model.logits(ids); // [T, V]
      const compare = ({ data }: typeof before, row: number, position: number) => {
        for (const v of [0, 7, model.config.vocabularySize - 1]) {
          const state = data.subarray(row * width, (row + 1) * width);
          const logit = state.reduce((sum, x, d) => sum + x * output[v * width + d], 0);
          expect(logit).toBeCloseTo(logits[position * model.config.vocabularySize + v], 4);
        }
      };
      for (const [t, isOwn] of mask.entries()) if (isOwn) compare(before, n++, t - 1);
      compare(after, b, ids.length - 1);
    }
    model.dispose();
  });

  test('a step of training leaves no tensor behind but the weights and the moments', async () => {
    const before = countTensors();
    const model = LanguageModel.open(folder);
    await model.forwardBackward(batch, negativeLogLikelihood);
    await model.forwardBackward(batch, negativeLogLikelihood);
    await model.optimStep({ learningRate: 1e-3, maxGradNorm: 1 });
    await model.logProbs(batch);
    await model.hiddenStates(batch);
    await model.sampler().sample([{ ids: [1, 2, 3], seed: 1 }], { maxTokens: 4, stopIds: [] });
    model.dispose();
    expect(countTensors()).toBe(before);
  });
});

/** Mean negative log-likelihood over the unmasked tokens. */
const negativeLogLikelihood: LogProbLoss = (logProbs) => {
  const tokens = batch.mask.reduce((sum, m) => sum + m, 0);
  return {
    loss: -logProbs.reduce((sum, x) => sum + x, 0) / tokens,
    gradLogProbs: Float64Array.from(batch.mask, (m) => -m / tokens),
  };
};

describe('training', () => {
  beforeAll(async () => {
    await initBackend('wasm');
  });

  test('the gradient of the log-probs is that of finite differences', async () => {
    const model = LanguageModel.open(folder);
    const { loss } = await model.forwardBackward(batch, negativeLogLikelihood);
    // One plain step of size η along the gradient lowers the loss by η |g|² to first order.
    const name = 'model.layers.0.self_attn.k_proj.weight';
    const file = readSafetensors(join(folder, 'model.safetensors'));
    const original = file.tensors.get(name);
    if (!original) throw new Error('fixture without its weight');
    const step = 1e-2;
    const differences: number[] = [];
    for (const index of [0, 100, 777]) {
      const sides: number[] = [];
      for (const sign of [1, -1]) {
        const data = Float32Array.from(original.data);
        data[index] += sign * step;
        const moved = copyOf(`moved${index}${sign}`);
        const tensors = new Map(file.tensors).set(name, { shape: original.shape, data });
        await writeSafetensors(join(moved, 'model.safetensors'), tensors);
        const other = LanguageModel.open(moved);
        const values = await other.logProbs(batch);
        sides.push(negativeLogLikelihood(values).loss);
        other.dispose();
      }
      differences.push((sides[0] - sides[1]) / (2 * step));
    }
    // AdamW's first step is −η g / (|g| + ε): it shows each gradient's sign; its size needs the moment.
    await model.optimStep({ learningRate: 1e-3 });
    const saved = join(scratch, 'stepped');
    await model.save(saved, { optimizer: true });
    const moments = readSafetensors(join(saved, 'optimizer.safetensors')).tensors;
    const first = moments.get(`first.${name}`);
    [0, 100, 777].forEach((index, i) => {
      expect((first?.data[index] ?? Number.NaN) / 0.1).toBeCloseTo(differences[i], 3);
    });
    expect(loss).toBeGreaterThan(0);
    model.dispose();
  });

  test('a gradient that is not finite is skipped: weights and optimizer stay, and the next step is as ever', async () => {
    const [model, other] = [LanguageModel.open(folder), LanguageModel.open(folder)];
    const overflowing: LogProbLoss = (logProbs) => ({
      loss: 0,
      gradLogProbs: Float64Array.from(logProbs, () => 1e38),
    });
    await model.forwardBackward(batch, overflowing);
    const { gradNorm, skipped } = await model.optimStep({ learningRate: 1e-2, maxGradNorm: 1 });
    expect(Number.isFinite(gradNorm)).toBe(false);
    expect(skipped).toBe(true);
    expect([...(await model.logProbs(batch))]).toEqual([...(await other.logProbs(batch))]);
    for (const each of [model, other]) {
      await each.forwardBackward(batch, negativeLogLikelihood);
      const step = await each.optimStep({ learningRate: 1e-2, maxGradNorm: 1 });
      expect(step.skipped ?? false).toBe(false);
    }
    expect([...(await model.logProbs(batch))]).toEqual([...(await other.logProbs(batch))]);
    model.dispose();
    other.dispose();
  });

  test('a batch without tokens has states of zeros and none before a token', async () => {
    const model = LanguageModel.open(folder);
    const { before, after } = await model.hiddenStates(toTokenBatch([{ ids: [], mask: [] }]));
    expect(before.shape).toEqual([0, model.config.hiddenSize]);
    expect([...after.data]).toEqual(new Array(model.config.hiddenSize).fill(0));
    model.dispose();
  });

  test('two halves of a batch give the gradient of the whole', async () => {
    const norms: number[] = [];
    for (const parts of [
      [[0, 1, 2, 3]],
      [
        [0, 1],
        [2, 3],
      ],
    ]) {
      const model = LanguageModel.open(folder);
      for (const part of parts) {
        const half = toTokenBatch(
          part.map((b) => ({ ids: rows[b].ids, mask: rows[b].ids.map((_, t) => t > 0) })),
        );
        await model.forwardBackward(half, (logProbs) => ({
          loss: -logProbs.reduce((sum, x) => sum + x, 0),
          gradLogProbs: Float64Array.from(half.mask, (m) => -m),
        }));
      }
      norms.push((await model.optimStep({ learningRate: 0 })).gradNorm);
      model.dispose();
    }
    expect(norms[1]).toBeCloseTo(norms[0], 3);
  });

  test('training, saving and going on equals training without a break', async () => {
    const straight = LanguageModel.open(folder);
    const broken = LanguageModel.open(folder);
    const step = async (model: LanguageModel) => {
      const { loss } = await model.forwardBackward(batch, negativeLogLikelihood);
      await model.optimStep({ learningRate: 1e-2, maxGradNorm: 1 });
      return loss;
    };
    for (let i = 0; i < 3; i++) await step(straight);
    for (let i = 0; i < 2; i++) await step(broken);
    const saved = join(scratch, 'half-way');
    await broken.save(saved, { optimizer: true });
    const resumed = LanguageModel.open(saved);
    await step(resumed);
    const [a, b] = [await straight.logProbs(batch), await resumed.logProbs(batch)];
    expect([...b]).toEqual([...a]);
    for (const model of [straight, broken, resumed]) model.dispose();
  });

  test('a saved folder holds what was read, and only that', async () => {
    const model = LanguageModel.open(folder);
    const saved = join(scratch, 'saved');
    await model.save(saved);
    await model.save(saved);
    expect(readdirSync(saved).sort()).toEqual([
      'config.json',
      'generation_config.json',
      'model.safetensors',
    ]);
    expect(readdirSync(scratch).filter((name) => name.startsWith('saved.'))).toEqual([]);
    const [before, after] = [folder, saved].map(
      (f) => readSafetensors(join(f, 'model.safetensors')).tensors,
    );
    expect([...after.keys()].sort()).toEqual([...before.keys()].sort());
    for (const [name, { data }] of after) expect(data).toEqual(before.get(name)?.data);
    model.dispose();
  });

  test('a model in shards is the model in one file', async () => {
    const whole = LanguageModel.open(folder);
    const sharded = copyOf('sharded');
    const tensors = [...readSafetensors(join(folder, 'model.safetensors')).tensors];
    const weightMap: Record<string, string> = {};
    for (const [part, start] of [0, 7].entries()) {
      const file = `model-0000${part + 1}-of-00002.safetensors`;
      const shard = tensors.slice(start, part === 0 ? 7 : undefined);
      await writeSafetensors(join(sharded, file), new Map(shard));
      for (const [name] of shard) weightMap[name] = file;
    }
    const index = { metadata: { total_size: 0 }, weight_map: weightMap };
    writeFileSync(join(sharded, 'model.safetensors.index.json'), JSON.stringify(index));
    rmSync(join(sharded, 'model.safetensors'));
    const joined = LanguageModel.open(sharded);
    expect([...(await joined.logProbs(batch))]).toEqual([...(await whole.logProbs(batch))]);
    whole.dispose();
    joined.dispose();
  });

  test('the same seed creates the same model', async () => {
    const { config } = LanguageModel.open(folder);
    const json = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
    const [a, b, c] = [7, 7, 8].map((seed) => LanguageModel.create(json, new Map(), seed));
    const [x, y, z] = await Promise.all([a, b, c].map((model) => model.logProbs(batch)));
    expect([...y]).toEqual([...x]);
    expect([...z]).not.toEqual([...x]);
    expect(a.config).toEqual(config);
  });
});

describe('bad folders', () => {
  test('a missing tensor is named', async () => {
    const broken = copyOf('missing');
    const path = join(broken, 'model.safetensors');
    const tensors = new Map(readSafetensors(path).tensors);
    tensors.delete('model.norm.weight');
    await writeSafetensors(path, tensors);
    expect(() => LanguageModel.open(broken)).toThrow(
      'needs the tensor "model.norm.weight", got none',
    );
  });

  test('a truncated file is an error that says so', () => {
    const broken = copyOf('truncated');
    truncateSync(join(broken, 'model.safetensors'), 100_000);
    expect(() => LanguageModel.open(broken)).toThrow(/cut off.*truncated or damaged/);
  });

  test('a wrong shape names the tensor and both shapes', () => {
    const broken = copyOf('shape');
    const json = JSON.parse(readFileSync(join(broken, 'config.json'), 'utf8'));
    writeFileSync(join(broken, 'config.json'), JSON.stringify({ ...json, intermediate_size: 81 }));
    expect(() => LanguageModel.open(broken)).toThrow(
      /needs the shape \[81, 48\] .* got \[80, 48\]/,
    );
  });

  test('an unknown architecture lists what is supported', () => {
    const broken = copyOf('architecture');
    writeFileSync(join(broken, 'config.json'), JSON.stringify({ model_type: 'mamba' }));
    expect(() => LanguageModel.open(broken)).toThrow(
      /needs a model_type among .*llama, .*got "mamba".*list it in registry\.ts/,
    );
  });

  test('a missing folder says which file was looked for', () => {
    expect(() => LanguageModel.open(join(scratch, 'nowhere'))).toThrow(
      /needs .*nowhere.config\.json/,
    );
  });

  test('a save that fails leaves the old folder and no half-written one', async () => {
    await initBackend('wasm');
    const model = LanguageModel.open(folder);
    const target = join(scratch, 'kept');
    await model.save(target);
    model.dispose();
    await expect(model.save(target)).rejects.toThrow();
    expect(existsSync(join(target, 'model.safetensors'))).toBe(true);
    expect(existsSync(`${target}.writing`)).toBe(false);
  });

  test('a prompt longer than the context is refused', async () => {
    await initBackend('wasm');
    const model = LanguageModel.open(folder);
    const ids = new Array<number>(128).fill(5);
    await expect(
      model.sampler().sample([{ ids, seed: 1 }], { maxTokens: 4, stopIds: [] }),
    ).rejects.toThrow(
      'needs a prompt shorter than the context of 128 tokens, got 128 in request 0',
    );
    const long = toTokenBatch([{ ids: [...ids, 5], mask: [false, ...ids.map(() => true)] }]);
    await expect(model.logProbs(long)).rejects.toThrow('sequences of at most 128 tokens, got 129');
    model.dispose();
  });
});
