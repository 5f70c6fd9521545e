import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readSafetensors } from '@grpo/safetensors';
import { availableBackends, countTensors, initBackend } from '@grpo/tensor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LanguageModel } from '../model/language-model.js';
import type { LanguageModelOptions } from '../model/language-model-options.js';
import type { LogProbLoss } from '../types.js';
import { toTokenBatch } from './token-batch.js';

const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'grpo-network-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const batch = toTokenBatch(
  [
    [3, 9, 27, 11, 5, 40],
    [7, 2, 60, 31],
  ].map((ids) => ({ ids: ids.map((id) => id % 50), mask: ids.map((_, t) => t > 0) })),
);
const sumOfLogProbs: LogProbLoss = (logProbs) => ({
  loss: -logProbs.reduce((sum, x) => sum + x, 0),
  gradLogProbs: Float64Array.from(logProbs, (x) => (x === 0 ? 0 : -1)),
});

/** Loss and gradients of one pass: AdamW's first moments after one step are a tenth of the gradients. */
async function passOf(name: string, options: LanguageModelOptions) {
  const model = LanguageModel.open(fixture(name), options);
  const { loss } = await model.forwardBackward(batch, sumOfLogProbs);
  const { gradNorm } = await model.optimStep({ learningRate: 0 });
  const saved = join(scratch, 'pass');
  await model.save(saved, { optimizer: true });
  model.dispose();
  const { tensors } = readSafetensors(join(saved, 'optimizer.safetensors'));
  const gradients = [...tensors].filter(([moment]) => moment.startsWith('first.'));
  return { loss, gradNorm, gradients };
}

/** Largest difference of gradients, of the largest gradient. */
function gradientDistance(
  a: Awaited<ReturnType<typeof passOf>>,
  b: Awaited<ReturnType<typeof passOf>>,
) {
  expect(a.gradients.map(([name]) => name)).toEqual(b.gradients.map(([name]) => name));
  let [most, apart] = [0, 0];
  for (const [i, [, { data }]] of a.gradients.entries()) {
    const [, other] = b.gradients[i];
    data.forEach((x, k) => {
      most = Math.max(most, Math.abs(x));
      apart = Math.max(apart, Math.abs(x - other.data[k]));
    });
  }
  return apart / most;
}

const lora = { rank: 2, alpha: 4, targetModules: 'all-linear' } as const;
const backends = await availableBackends();
describe.each(backends)('on the %s backend', (backend) => {
  beforeAll(async () => {
    await initBackend(backend);
  });

  test.each([
    { name: 'llama-gqa-tied' },
    { name: 'gpt2' },
    { name: 'gemma3-two-ropes' },
    { name: 'llama-gqa-tied', lora },
  ])(
    'layers computed again give the gradients of layers held: %j',
    async ({ name, ...options }) => {
      const before = countTensors();
      const held = await passOf(name, options);
      const again = await passOf(name, { ...options, gradientCheckpointing: true });
      expect(again.loss).toBe(held.loss);
      expect(gradientDistance(held, again)).toBeLessThan(1e-5);
      expect(countTensors()).toBe(before);
    },
  );

  test('a loss that throws leaves nothing behind, and the next pass is as ever', async () => {
    const model = LanguageModel.open(fixture('llama-gqa-tied'), { gradientCheckpointing: true });
    const before = countTensors();
    const failing = () => {
      throw new Error('no loss');
    };
    await expect(model.forwardBackward(batch, failing)).rejects.toThrow('no loss');
    expect(countTensors()).toBe(before);
    const { loss } = await model.forwardBackward(batch, sumOfLogProbs);
    expect(loss).toBeGreaterThan(0);
    model.dispose();
  });
});

describe('bfloat16', () => {
  test.each(['wasm', 'cpu'] as const)('%s says what it needs', async (backend) => {
    await initBackend(backend);
    const before = countTensors();
    expect(() => LanguageModel.open(fixture('llama-gqa-tied'), { precision: 'bfloat16' })).toThrow(
      `which native and gpu do, got ${backend}`,
    );
    expect(countTensors()).toBe(before);
  });

  describe.each(backends.filter((name) => name === 'native' || name === 'gpu'))(
    'on the %s backend',
    (backend) => {
      beforeAll(async () => {
        await initBackend(backend);
      });

      test('loss and gradients are near those of float32, and no tensor is left', async () => {
        const before = countTensors();
        const full = await passOf('llama-gqa-tied', {});
        for (const gradientCheckpointing of [false, true]) {
          const half = await passOf('llama-gqa-tied', {
            precision: 'bfloat16',
            gradientCheckpointing,
          });
          expect(half.loss).not.toBe(full.loss);
          expect(half.loss / full.loss).toBeCloseTo(1, 2);
          expect(half.gradNorm / full.gradNorm).toBeCloseTo(1, 1.3);
          expect(gradientDistance(full, half)).toBeLessThan(5e-2);
        }
        expect(countTensors()).toBe(before);
      });

      test.each([{}, { lora }])('a small task is learnt: %j', async (options) => {
        const model = LanguageModel.open(fixture('llama-gqa-tied'), {
          ...options,
          precision: 'bfloat16',
        });
        const losses: number[] = [];
        for (let step = 0; step < 30; step++) {
          losses.push((await model.forwardBackward(batch, sumOfLogProbs)).loss);
          await model.optimStep({ learningRate: 1e-2, maxGradNorm: 1 });
        }
        expect((losses.at(-1) ?? 0) / losses[0]).toBeLessThan(0.1);
        model.dispose();
      });

      test('the sampler computes as the policy does', async () => {
        const model = LanguageModel.open(fixture('llama-gqa-tied'), { precision: 'bfloat16' });
        const prompt = [3, 9, 27];
        const [{ ids, logProbs }] = await model
          .sampler()
          .sample([{ ids: prompt, seed: 1 }], { maxTokens: 4, stopIds: [], temperature: 0 });
        const all = [...prompt, ...ids];
        const scored = toTokenBatch([{ ids: all, mask: all.map((_, t) => t >= prompt.length) }]);
        const own = await model.logProbs(scored);
        logProbs.forEach((sampled, t) => {
          expect(Math.abs(sampled - own[prompt.length + t])).toBeLessThan(0.03);
        });
        model.dispose();
      });
    },
  );
});
