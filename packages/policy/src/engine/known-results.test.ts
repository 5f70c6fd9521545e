import { fileURLToPath } from 'node:url';
import { availableBackends, initBackend, simdKernels } from '@grpo/tensor';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { LanguageModel } from '../model/language-model.js';
import type { LanguageModelOptions } from '../model/language-model-options.js';
import type { SampledTokens, SampleRequest, TokenBatch } from '../types.js';
import { toTokenBatch } from './token-batch.js';

const folderOf = (name: string) =>
  fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));
const how = { maxTokens: 9, temperature: 0.8, stopIds: [], isTrainedOn: true };
const requests: SampleRequest[] = [
  { ids: [3, 9, 11, 21], seed: 1 },
  { ids: [3, 9, 11, 21], seed: 2 },
  { ids: [5, 6], seed: 3, maxTokens: 4 },
  { ids: [3, 9, 11, 21], seed: 4, maxTokens: 1 },
];
const backends = await availableBackends();

function batchOf(asked: readonly SampleRequest[], sampled: readonly SampledTokens[]): TokenBatch {
  const sequences = sampled.map(({ ids }, r) => ({
    ids: [...asked[r].ids, ...ids],
    mask: [...asked[r].ids.map(() => false), ...ids.map(() => true)],
  }));
  return toTokenBatch(sequences, how.temperature);
}

/** One pass of a loss whose gradient differs from token to token. @returns log-probs */
async function pass(model: LanguageModel, batch: TokenBatch): Promise<Float64Array> {
  const { logProbs } = await model.forwardBackward(batch, (values) => ({
    loss: 0,
    gradLogProbs: Float64Array.from(values, (_, i) => batch.mask[i] * Math.cos(i)),
  }));
  return logProbs;
}

const largestDifference = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((most, x, i) => Math.max(most, Math.abs(x - b[i])), 0);

/** Largest difference of two models' weights. */
function distance(a: LanguageModel, b: LanguageModel): number {
  const others = b.hostWeights().tensors;
  return Math.max(
    ...[...a.hostWeights().tensors].map(([name, entry]) =>
      largestDifference(entry.read(), others.get(name)?.read() ?? new Float32Array()),
    ),
  );
}

describe.skipIf(!backends.includes('simd'))('training on what was sampled', () => {
  const models: LanguageModel[] = [];
  const open = (base: string, options: LanguageModelOptions = {}) => {
    const model = LanguageModel.open(folderOf(base), options);
    models.push(model);
    return model;
  };
  /** Multiplications that the products of a pass take. */
  async function productsOf(run: () => Promise<unknown>): Promise<number> {
    const kernels = simdKernels();
    if (kernels === undefined) throw new Error('simd started without kernels');
    const product = vi.spyOn(kernels, 'matmul');
    await run();
    const sizes = product.mock.calls.map(([, , , m, n, k, , , batch]) => m * n * k * batch);
    product.mockRestore();
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  beforeAll(async () => {
    await initBackend('simd');
  });
  afterEach(() => {
    for (const model of models.splice(0)) model.dispose();
  });
  afterAll(async () => {
    await initBackend('wasm');
  });

  test.each([
    ['llama-gqa-tied', {}],
    ['qwen2-qkv-bias', {}],
    ['qwen3-head-norms', {}],
    ['gpt2', {}],
    ['llama-gqa-tied', { lora: { rank: 2, alpha: 3, targetModules: ['q_proj', 'up_proj'] } }],
    ['gpt2', { adapter: folderOf('lora-gpt2-conv1d') }],
  ] satisfies [string, LanguageModelOptions][])(
    '%s %o: the same gradient for fewer products',
    async (base, lora) => {
      const optimizer = { name: 'sgd' } as const;
      const [model, plain] = [
        open(base, { ...lora, optimizer }),
        open(base, { ...lora, optimizer, maxTraceBytes: 0 }),
      ];
      const sampler = model.sampler();
      for (let step = 0; step < 2; step++) {
        const batch = batchOf(requests, await sampler.sample(requests, how));
        let [known, computed]: ArrayLike<number>[] = [[], []];
        const fewer = await productsOf(async () => {
          known = await pass(model, batch);
        });
        const all = await productsOf(async () => {
          computed = await pass(plain, batch);
        });
        expect(fewer).toBeLessThan(all);
        expect(largestDifference(known, computed)).toBeLessThan(1e-5);
        for (const one of [model, plain]) await one.optimStep({ learningRate: 0.01 });
        expect(distance(model, plain)).toBeLessThan(1e-5);
      }
    },
  );

  test('neither projections nor attention are computed for what was sampled', async () => {
    const model = open('llama-gqa-tied');
    const batch = batchOf(requests, await model.sampler().sample(requests, how));
    const kernels = simdKernels() as NonNullable<ReturnType<typeof simdKernels>>;
    const attention = vi.spyOn(kernels, 'segmentAttention');
    await pass(model, batch);
    expect(attention).toHaveBeenCalledTimes(0);
    await model.optimStep({ learningRate: 0.1 });
    await pass(model, batch);
    expect(attention).toHaveBeenCalledTimes(model.config.layers);
    attention.mockRestore();
  });

  test('after a step of the optimizer the pass is run again', async () => {
    const [model, plain] = [open('llama-gqa-tied'), open('llama-gqa-tied', { maxTraceBytes: 0 })];
    const batch = batchOf(requests, await model.sampler().sample(requests, how));
    for (const one of [model, plain]) {
      await pass(one, batch);
      await one.optimStep({ learningRate: 0.1 });
    }
    expect(largestDifference(await pass(model, batch), await pass(plain, batch))).toBeLessThan(
      1e-5,
    );
  });

  test('a conversation that went on, and one part of a batch at a time', async () => {
    const optimizer = { name: 'sgd' } as const;
    const [model, plain] = [
      open('llama-gqa-tied', { optimizer }),
      open('llama-gqa-tied', { optimizer, maxTraceBytes: 0 }),
    ];
    const sampler = model.sampler();
    const talk = { ...how, isContinued: true };
    const first = await sampler.sample(requests, talk);
    const turns = requests.map(({ ids, seed }, r) => ({
      ids: [...ids, ...first[r].ids, 7, 8],
      seed: 10 + seed,
    }));
    const whole = batchOf(turns, await sampler.sample(turns, talk));
    const halves = [
      whole,
      batchOf(turns.slice(1, 3), await sampler.sample(turns.slice(1, 3), talk)),
    ];
    for (const batch of halves) {
      const fewer = await productsOf(() => pass(model, batch));
      const all = await productsOf(() => pass(plain, batch));
      expect(fewer).toBeLessThan(all);
    }
    for (const one of [model, plain]) await one.optimStep({ learningRate: 0.01 });
    expect(distance(model, plain)).toBeLessThan(1e-5);
  });

  test.each([
    ['were not asked for', { isTrainedOn: false }, {}],
    ['are others', { isTrainedOn: true }, { changed: true }],
    ['did not fit', { isTrainedOn: true }, { maxTraceBytes: 2000 }],
    ['belong to a checkpointed pass', { isTrainedOn: true }, { gradientCheckpointing: true }],
    [
      'belong to a pass with dropout',
      { isTrainedOn: true },
      { adapter: folderOf('lora-llama-all-linear') },
    ],
  ])(
    'tokens that %s are run',
    async (_, asked, {
      changed = false,
      ...options
    }: { changed?: boolean } & LanguageModelOptions) => {
      const [model, plain] = [
        open('llama-gqa-tied', options),
        open('llama-gqa-tied', { ...options, maxTraceBytes: 0 }),
      ];
      const batch = batchOf(requests, await model.sampler().sample(requests, { ...how, ...asked }));
      if (changed) batch.ids[5] = (batch.ids[5] + 1) % 23;
      let [own, other]: ArrayLike<number>[] = [[], []];
      const products = await productsOf(async () => {
        own = await pass(model, batch);
      });
      const all = await productsOf(async () => {
        other = await pass(plain, batch);
      });
      expect(products).toBe(all);
      expect(largestDifference(own, other)).toBe(0);
    },
  );
});
