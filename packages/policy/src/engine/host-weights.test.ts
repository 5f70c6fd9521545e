import { fileURLToPath } from 'node:url';
import { initBackend } from '@grpo/tensor';
import { beforeAll, expect, test } from 'vitest';
import { LanguageModel } from '../model/language-model.js';
import { toTokenBatch } from './token-batch.js';

const folder = fileURLToPath(new URL('../../fixtures/llama-gqa-tied', import.meta.url));
const batch = toTokenBatch([{ ids: [1, 2, 3], mask: [false, true, true] }]);

beforeAll(async () => {
  await initBackend('wasm');
});

async function learn(model: LanguageModel): Promise<void> {
  await model.forwardBackward(batch, (logProbs) => ({
    loss: -logProbs.reduce((sum, x) => sum + x, 0),
    gradLogProbs: Float64Array.from(batch.mask, (m) => -m),
  }));
  await model.optimStep({ learningRate: 0.01 });
}

test('weights come as they are stored, tied ones once', () => {
  const model = LanguageModel.open(folder);
  const { tensors, adapterScale } = model.hostWeights();
  const sizes = [...tensors.values()].map(({ shape }) => shape.reduce((a, b) => a * b, 1));
  expect(sizes.reduce((a, b) => a + b, 0)).toBe(model.parameterCount);
  expect(tensors.get('model.embed_tokens.weight')?.shape).toEqual([96, 48]);
  expect(tensors.has('lm_head.weight')).toBe(false);
  expect(adapterScale).toBe(1);
  model.dispose();
});

test('the same object stands for the same weights, another one for those of a step', async () => {
  const model = LanguageModel.open(folder);
  const before = model.hostWeights();
  expect(model.hostWeights()).toBe(before);
  const name = 'model.norm.weight';
  const values = Float32Array.from(before.tensors.get(name)?.read() ?? []);
  await learn(model);
  const after = model.hostWeights();
  expect(after).not.toBe(before);
  const moved = after.tensors.get(name)?.read() ?? [];
  expect(values.some((value, i) => Math.abs(value - moved[i]) > 1e-3)).toBe(true);
  model.dispose();
});

test('a step of adapters gives new entries for them alone', async () => {
  const lora = { rank: 2, alpha: 3, targetModules: ['q_proj'] };
  const model = LanguageModel.open(folder, { lora });
  const before = model.hostWeights();
  await learn(model);
  const after = model.hostWeights();
  expect(after.adapterScale).toBe(1.5);
  const changed = [...after.tensors].filter(([name, entry]) => before.tensors.get(name) !== entry);
  expect(changed.map(([name]) => name).sort()).toEqual(
    [0, 1].flatMap((layer) =>
      ['A', 'B'].map((side) => `model.layers.${layer}.self_attn.q_proj.lora_${side}.weight`),
    ),
  );
  model.dispose();
});
