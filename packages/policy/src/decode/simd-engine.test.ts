import { fileURLToPath } from 'node:url';
import { keyedRandom } from '@grpo/random';
import { availableBackends, initBackend, type Kernels, simdKernels } from '@grpo/tensor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toTokenBatch } from '../engine/token-batch.js';
import { LanguageModel } from '../model/language-model.js';
import { nextToken } from '../sampling/next-token.js';
import { createEngineSampler } from '../sampling/sampler.js';
import type { SampledTokens, SampleRequest } from '../types.js';
import { fuse, traceDecoder } from './program.js';
import { simdEngine } from './simd-engine.js';

const folderOf = (name: string) =>
  fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));
const how = { maxTokens: 12, temperature: 0.8, stopIds: [] };
const prompts = [
  [3, 9, 11, 21],
  [5, 6],
  [3, 9, 11, 21],
  [20, 21, 22, 3, 4, 5],
];
const requests = prompts.map((ids, seed) => ({ ids, seed }));

const backends = await availableBackends();

describe.skipIf(!backends.includes('simd'))('decoding with kernels', () => {
  let kernels: Kernels;
  beforeAll(async () => {
    await initBackend('simd');
    const found = simdKernels();
    if (found === undefined) throw new Error('simd started without kernels');
    kernels = found;
  });
  afterAll(async () => {
    await initBackend('wasm');
  });

  const engineOf = (model: LanguageModel) =>
    simdEngine(kernels, model.config, () => model.hostWeights());

  /** Largest difference between what the sampler recorded and what the policy makes of the same tokens. */
  async function scoreDistance(
    model: LanguageModel,
    asked: readonly SampleRequest[],
    sampled: readonly SampledTokens[],
  ): Promise<number> {
    const batch = toTokenBatch(
      sampled.map(({ ids }, r) => ({
        ids: [...asked[r].ids, ...ids],
        mask: [...asked[r].ids.map(() => false), ...ids.map(() => true)],
      })),
      how.temperature,
    );
    const known = await model.logProbs(batch);
    const errors = sampled.flatMap(({ logProbs }, r) =>
      logProbs.map((value, t) =>
        Math.abs(value - known[r * batch.shape[1] + asked[r].ids.length + t]),
      ),
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

  test('a step of the optimizer shows in the next call of the same sampler', async () => {
    const model = LanguageModel.open(folderOf('llama-gqa-tied'));
    const sampler = model.sampler();
    const before = await sampler.sample(requests, how);
    await learn(model);
    const after = await sampler.sample(requests, how);
    expect(await scoreDistance(model, requests, after)).toBeLessThan(1e-5);
    expect(await scoreDistance(model, requests, before)).toBeGreaterThan(1e-2);
    model.dispose();
  });

  test.each([
    ['llama-gqa-tied', 'lora-llama-all-linear'],
    ['gpt2', 'lora-gpt2-conv1d'],
  ])('adapters on %s learn without their base being read again', async (base, adapter) => {
    const model = LanguageModel.open(folderOf(base), { adapter: folderOf(adapter) });
    const packed: number[] = [];
    const counting = {
      ...kernels,
      pack: (...args: Parameters<Kernels['pack']>) => {
        packed.push(args[2] * args[3]);
        kernels.pack(...args);
      },
    };
    const weights = () => model.hostWeights();
    const sampler = createEngineSampler(model.config, simdEngine(counting, model.config, weights));
    const first = await sampler.sample(requests, how);
    expect(await scoreDistance(model, requests, first)).toBeLessThan(1e-5);
    packed.length = 0;
    await learn(model, 0.1);
    const second = await sampler.sample(requests, how);
    expect(await scoreDistance(model, requests, second)).toBeLessThan(1e-5);
    expect(await scoreDistance(model, requests, first)).toBeGreaterThan(1e-2);
    expect(packed.reduce((sum, size) => sum + size, 0)).toBe(model.trainedParameterCount);
    model.merge();
    const merged = await sampler.sample(requests, how);
    expect(merged.map(({ ids }) => ids)).toEqual(second.map(({ ids }) => ids));
    expect(await scoreDistance(model, requests, merged)).toBeLessThan(1e-5);
    model.dispose();
  });

  test('rows that come, leave and stay are scored to the last bit as they are alone', async () => {
    const model = LanguageModel.open(folderOf('qwen2-windows'));
    const random = keyedRandom('rows');
    const many = Array.from({ length: 9 }, (_, seed) => ({
      ids: Array.from({ length: 1 + random.integer(seed % 3 === 0 ? 40 : 6) }, () =>
        random.integer(23),
      ),
      seed,
      maxTokens: 1 + random.integer(40),
    }));
    const group = many.flatMap((request) => [request, { ...request, seed: request.seed + 100 }]);
    const alone: SampledTokens[] = [];
    for (const request of group) alone.push(...(await model.sampler().sample([request], how)));
    for (const maxBatchSize of [3, 18]) {
      const together = await model.sampler({ maxBatchSize }).sample(group, how);
      expect(together).toEqual(alone);
    }
    expect(await scoreDistance(model, group, alone)).toBeLessThan(3e-5);
    model.dispose();
  });

  test('prompts of more tokens than one pass takes are run in parts', async () => {
    const model = LanguageModel.create(
      {
        model_type: 'mistral',
        vocab_size: 23,
        hidden_size: 16,
        intermediate_size: 20,
        num_hidden_layers: 1,
        num_attention_heads: 2,
        num_key_value_heads: 1,
        head_dim: 6,
        sliding_window: 50,
        initializer_range: 0.3,
        max_position_embeddings: 1000,
      },
      new Map(),
      3,
    );
    const long = [515, 3, 40].map((length, seed) => ({
      ids: Array.from({ length }, (_, t) => (t * 7 + seed) % 23),
      seed,
    }));
    const sampled = await model.sampler().sample(long, how);
    expect(await scoreDistance(model, long, sampled)).toBeLessThan(1e-5);
    model.dispose();
  });

  test('a conversation goes on in the pages that it has', async () => {
    const model = LanguageModel.open(folderOf('llama-gqa-tied'));
    const engine = engineOf(model);
    let run = 0;
    const sampler = createEngineSampler(model.config, {
      ...engine,
      prefill: (asked) => {
        run += asked.reduce((sum, { length }) => sum + length, 0);
        return engine.prefill(asked);
      },
      step: (batch, ids) => {
        run += ids.length;
        return engine.step(batch, ids);
      },
    });
    let talk = [3, 9, 27, 81];
    for (let turn = 0; turn < 5; turn++) {
      const asked = [{ ids: talk, seed: turn }];
      const said = await sampler.sample(asked, { ...how, isContinued: true });
      expect(await scoreDistance(model, asked, said)).toBeLessThan(1e-5);
      talk = [...talk, ...said[0].ids, 8];
    }
    expect(run).toBeLessThanOrEqual(talk.length);
    model.dispose();
  });

  test('a draw is the one that the sampler makes by itself', async () => {
    const model = LanguageModel.open(folderOf('llama-gqa-tied'));
    const { vocabularySize } = model.config;
    const random = keyedRandom('draws');
    const rows = 400;
    const logits = Float32Array.from({ length: rows * vocabularySize }, () => 5 * random.normal());
    const draws = Array.from({ length: rows }, (_, row) => ({
      row,
      temperature: [1, 0.3, 0, 2][row % 4],
      uniform: random.next(),
    }));
    const { ids, logProbs } = engineOf(model).draw?.(logits, draws) ?? { ids: [], logProbs: [] };
    for (const [r, { temperature, uniform }] of draws.entries()) {
      const row = logits.subarray(r * vocabularySize, (r + 1) * vocabularySize);
      const known = nextToken(row, { temperature }, uniform);
      expect(ids[r]).toBe(known.id);
      expect(Math.abs(logProbs[r] - known.logProb)).toBeLessThan(1e-6);
    }
    model.dispose();
  });

  test('weights that are not finite are told of as everywhere', async () => {
    const model = LanguageModel.open(folderOf('llama-gqa-tied'));
    const spoilt = [...model.hostWeights().tensors].map(([name, entry]) => {
      const read = () => new Float32Array(entry.read().length).fill(Number.NaN);
      return [name, name === 'model.norm.weight' ? { ...entry, read } : entry] as const;
    });
    const weights = { tensors: new Map(spoilt), adapterScale: 1 };
    const engine = simdEngine(kernels, model.config, () => weights);
    const sampler = createEngineSampler(model.config, engine);
    await expect(sampler.sample(requests, how)).rejects.toThrow('nextToken: needs finite logits');
    model.dispose();
  });

  test('a layer of a Llama takes nine kernels: projections add by themselves', () => {
    const model = LanguageModel.open(folderOf('llama-gqa-tied'));
    const { config } = model;
    const shapes = model.hostWeights().tensors;
    const program = fuse(traceDecoder(config, (name) => shapes.get(name)?.shape ?? []));
    const attention = ['norm', 'linears', 'rotary', 'rotary', 'attention', 'linear'];
    const kinds = [...attention, 'norm', 'gatedLinear', 'linear'];
    expect(program.map(({ operation }) => operation.kind)).toEqual([
      'embedding',
      ...Array.from({ length: config.layers }, () => kinds).flat(),
      'norm',
    ]);
    model.dispose();
  });
});
