import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compose, distributionKlPenalty, entropyBonus, reinforce } from '@grpo/policy-loss';
import { readSafetensors } from '@grpo/safetensors';
import { availableBackends, countTensors, initBackend } from '@grpo/tensor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { llamaConfigJson } from '../architectures/config.js';
import { LanguageModel } from '../model/language-model.js';
import type { LogProbLoss } from '../types.js';
import { toTokenBatch } from './token-batch.js';
import { createTokenLoss } from './token-loss.js';

const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'grpo-token-loss-'));
afterAll(() => rmSync(scratch, { recursive: true }));
const open = () => LanguageModel.open(fixture('llama-gqa-tied'));
/** The same model as others trained it. */
const openOther = () => {
  const other = LanguageModel.open(fixture('llama-gqa-tied'), {
    adapter: fixture('lora-llama-all-linear'),
  });
  other.merge();
  return other;
};
const temperature = 0.8;
const sequences = [
  { ids: [3, 9, 27, 11, 5], mask: [false, true, false, true, true] },
  { ids: [7, 2, 60], mask: [false, false, true] },
];
const batch = toTokenBatch(sequences, temperature);

/** log softmax(logits / τ) of every position of a sequence, in float64. [T][V] */
async function distributions(model: LanguageModel, ids: readonly number[]) {
  const logits = await model.logits(ids);
  const v = model.config.vocabularySize;
  return ids.map((_, t) => {
    const z = Array.from(logits.subarray(t * v, (t + 1) * v), (x) => x / temperature);
    const most = Math.max(...z);
    const lse = most + Math.log(z.reduce((sum, x) => sum + Math.exp(x - most), 0));
    return z.map((x) => x - lse);
  });
}

const zero = (size: number) => new Float64Array(size);
const total = (values: Float64Array | undefined) => (values ?? zero(0)).reduce((s, x) => s + x, 0);
const ones = Float64Array.from(batch.mask);

const backends = await availableBackends();
describe.each(backends)('on the %s backend', (backend) => {
  beforeAll(async () => {
    await initBackend(backend);
  });

  test('entropies and divergences are those of the whole distributions', async () => {
    const before = countTensors();
    const [model, reference] = [open(), openOther()];
    const seen = await model.forwardBackward(
      batch,
      (logProbs) => ({ loss: 0, gradLogProbs: zero(logProbs.length) }),
      { entropies: true, distributionKl: reference },
    );
    for (const [b, { ids, mask }] of sequences.entries()) {
      const [p, q] = [await distributions(model, ids), await distributions(reference, ids)];
      for (const [t, isOwn] of mask.entries()) {
        const at = b * batch.shape[1] + t;
        const mean = (value: (v: number) => number) =>
          isOwn ? p[t - 1].reduce((sum, logP, v) => sum + Math.exp(logP) * value(v), 0) : 0;
        expect(seen.entropies?.[at]).toBeCloseTo(-mean((v) => p[t - 1][v]), 4);
        expect(seen.distributionKl?.[at]).toBeCloseTo(
          mean((v) => p[t - 1][v] - q[t - 1][v]),
          4,
        );
        expect(seen.logProbs[at]).toBeCloseTo(isOwn ? p[t - 1][ids[t]] : 0, 4);
      }
    }
    expect(total(seen.distributionKl)).toBeGreaterThan(0.1);
    model.dispose();
    reference.dispose();
    expect(countTensors()).toBe(before);
  });

  const parts: Readonly<Record<string, LogProbLoss>> = {
    'log-probs': (logProbs) => ({ loss: total(logProbs), gradLogProbs: ones }),
    entropies: (logProbs, { entropies } = {}) => ({
      loss: total(entropies),
      gradLogProbs: zero(logProbs.length),
      gradEntropies: ones,
    }),
    divergences: (logProbs, { distributionKl } = {}) => ({
      loss: total(distributionKl),
      gradLogProbs: zero(logProbs.length),
      gradDistributionKl: ones,
    }),
  };
  test.each(Object.entries(parts))('the gradient of %s reaches the weights', async (name, loss) => {
    const [model, reference] = [open(), openOther()];
    const request = { entropies: true, distributionKl: reference };
    const { loss: start } = await model.forwardBackward(batch, loss, request);
    // AdamW's first step is −η · sign(g): to first order the loss falls by η Σ |g|.
    const learningRate = 1e-5;
    await model.optimStep({ learningRate });
    const folder = join(scratch, `${backend}-${name}`);
    await model.save(folder, { optimizer: true });
    const { tensors } = readSafetensors(join(folder, 'optimizer.safetensors'));
    let expected = 0;
    for (const [moment, { data }] of tensors) {
      if (moment.startsWith('first.')) for (const m of data) expected += 10 * Math.abs(m);
    }
    const { loss: end } = await model.forwardBackward(batch, loss, request);
    expect((start - end) / (learningRate * expected)).toBeCloseTo(1, 1);
    model.dispose();
    reference.dispose();
  });
});

describe('losses', () => {
  beforeAll(async () => {
    await initBackend('wasm');
  });

  test('a composed loss with an entropy bonus and the whole divergence runs on the engine', async () => {
    const [model, reference] = [open(), openOther()];
    const loss = compose({
      surrogate: reinforce(),
      entropy: entropyBonus({ coefficient: 0.01 }),
      kl: distributionKlPenalty({ coefficient: 0.5, isImportanceWeighted: false }),
    });
    const input = { advantages: [0, 0], mask: batch.mask, shape: batch.shape };
    const kls: number[] = [];
    for (let step = 0; step < 6; step++) {
      const seen = await model.forwardBackward(
        batch,
        (logProbs, statistics) => loss({ ...input, ...statistics, logProbs }),
        { entropies: true, distributionKl: reference },
      );
      kls.push(total(seen.distributionKl));
      await model.optimStep({ learningRate: 3e-3 });
    }
    expect((kls.at(-1) ?? 0) / kls[0]).toBeLessThan(0.7);
    model.dispose();
    reference.dispose();
  });

  test('a model is no distance from itself, and gets no gradient for it', async () => {
    const model = open();
    const { distributionKl } = await model.forwardBackward(
      batch,
      (logProbs) => ({
        loss: 0,
        gradLogProbs: zero(logProbs.length),
        gradDistributionKl: ones,
      }),
      { distributionKl: model },
    );
    for (const kl of distributionKl ?? []) expect(Math.abs(kl)).toBeLessThan(1e-6);
    const { gradNorm } = await model.optimStep({ learningRate: 1 });
    expect(gradNorm).toBeLessThan(1e-4);
    model.dispose();
  });

  test('a batch without unmasked tokens asks the loss all the same', async () => {
    const model = open();
    const empty = toTokenBatch([{ ids: [3, 9], mask: [false, false] }]);
    const { loss, entropies } = await model.forwardBackward(
      empty,
      (logProbs, { entropies } = {}) => ({
        loss: 1 + total(entropies),
        gradLogProbs: zero(logProbs.length),
      }),
      { entropies: true },
    );
    expect(loss).toBe(1);
    expect([...(entropies ?? [])]).toEqual([0, 0]);
    model.dispose();
  });

  test('a gradient of what was not asked for is an error, and leaves nothing behind', async () => {
    const model = open();
    const before = countTensors();
    const loss: LogProbLoss = (logProbs) => ({
      loss: 0,
      gradLogProbs: zero(logProbs.length),
      gradEntropies: ones,
    });
    await expect(model.forwardBackward(batch, loss)).rejects.toThrow(
      'needs to be asked for entropies where the loss has a gradient for them',
    );
    expect(countTensors()).toBe(before);
    model.dispose();
  });

  test('a reference of another engine or another vocabulary is refused', async () => {
    const model = open();
    const loss: LogProbLoss = (logProbs) => ({ loss: 0, gradLogProbs: zero(logProbs.length) });
    const foreign = { logProbs: async () => zero(0) };
    await expect(model.forwardBackward(batch, loss, { distributionKl: foreign })).rejects.toThrow(
      'needs a reference of the tensor engine for distributionKl',
    );
    const json = llamaConfigJson({
      ...{ vocabularySize: 23, hiddenSize: 8, intermediateSize: 8, layers: 1, heads: 1 },
      ...{ keyValueHeads: 1, headSize: 8, normEpsilon: 1e-5, ropeTheta: 1e4, contextLength: 64 },
      ...{ tiedEmbeddings: true, initializerRange: 0.1 },
    });
    const other = LanguageModel.create(json, new Map(), 1);
    await expect(model.forwardBackward(batch, loss, { distributionKl: other })).rejects.toThrow(
      `vocabulary of ${model.config.vocabularySize} tokens for distributionKl, got 23`,
    );
    model.dispose();
    other.dispose();
  });

  test('the result waits for the loss', () => {
    const { result } = createTokenLoss(noLoss, {}, Int32Array.of(1), 2);
    expect(result).toThrow('needs a call of the loss first');
  });
});

const noLoss: LogProbLoss = (logProbs) => ({ loss: 0, gradLogProbs: logProbs });
