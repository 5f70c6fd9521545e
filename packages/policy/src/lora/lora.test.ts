import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readSafetensors } from '@grpo/safetensors';
import { availableBackends, countTensors, dispose, initBackend } from '@grpo/tensor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseModelConfig } from '../architectures/config.js';
import { toTokenBatch } from '../engine/token-batch.js';
import { LanguageModel } from '../model/language-model.js';
import type { LogProbLoss } from '../types.js';
import { adapterScale, createAdapters, type LoraOptions, targetedModules } from './lora.js';

const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));
const folder = fixture('llama-gqa-tied');
const trained = fixture('lora-llama-all-linear'); // by PEFT, with dropout
const configOf = (name: string) =>
  parseModelConfig(JSON.parse(readFileSync(join(fixture(name), 'config.json'), 'utf8')), name);
const scratch = mkdtempSync(join(tmpdir(), 'grpo-lora-'));
afterAll(() => rmSync(scratch, { recursive: true }));
const adapter = join(scratch, 'without-dropout');
cpSync(trained, adapter, { recursive: true });
const adapterConfig = readFileSync(join(trained, 'adapter_config.json'), 'utf8');
const withoutDropout = { ...JSON.parse(adapterConfig), lora_dropout: 0 };
writeFileSync(join(adapter, 'adapter_config.json'), JSON.stringify(withoutDropout));

const lora: LoraOptions = { rank: 4, alpha: 8, targetModules: 'all-linear' };
const batch = toTokenBatch(
  [
    [3, 9, 27, 11, 5, 40],
    [7, 2, 60, 31],
  ].map((ids) => ({ ids, mask: ids.map((_, t) => t > 0) })),
);
const sumOfLogProbs: LogProbLoss = (logProbs) => ({
  loss: -logProbs.reduce((sum, x) => sum + x, 0),
  gradLogProbs: Float64Array.from(logProbs, (x) => (x === 0 ? 0 : -1)),
});

/** The gradient of one pass: AdamW's first moment after one step is a tenth of it. */
async function gradientOf(model: LanguageModel, name: string) {
  await model.forwardBackward(batch, sumOfLogProbs);
  await model.optimStep({ learningRate: 0 });
  const saved = join(scratch, name);
  await model.save(saved, { optimizer: true });
  const { tensors } = readSafetensors(join(saved, 'optimizer.safetensors'));
  return (weight: string) => [...(tensors.get(`first.${weight}`)?.data ?? [])].map((m) => 10 * m);
}

const backends = await availableBackends();
describe.each(backends)('on the %s backend', (backend) => {
  beforeAll(async () => {
    await initBackend(backend);
  });

  test('the gradient of an adapter is that of the merged weight, W + s B A, by the chain rule', async () => {
    const adapted = LanguageModel.open(folder, { adapter });
    const merged = LanguageModel.open(folder, { adapter });
    merged.merge();
    const [small, full] = [
      await gradientOf(adapted, `small-${backend}`),
      await gradientOf(merged, `full-${backend}`),
    ];
    const { tensors } = readSafetensors(join(adapter, 'adapter_model.safetensors'));
    const scale = 6 / 2;
    for (const module of ['model.layers.0.self_attn.k_proj', 'model.layers.1.mlp.down_proj']) {
      const a = tensors.get(`base_model.model.${module}.lora_A.weight`);
      const b = tensors.get(`base_model.model.${module}.lora_B.weight`);
      if (!a || !b) throw new Error('fixture without its adapter');
      const [rank, inputs, outputs] = [a.shape[0], a.shape[1], b.shape[0]];
      const dw = full(`${module}.weight`); // [out, in]
      const [da, db] = [small(`${module}.lora_A.weight`), small(`${module}.lora_B.weight`)];
      expect(da.some((x) => Math.abs(x) > 1e-4)).toBe(true);
      for (let r = 0; r < rank; r++) {
        for (let i = 0; i < inputs; i++) {
          let expected = 0; // s Bᵀ ∂W
          for (let o = 0; o < outputs; o++) expected += b.data[o * rank + r] * dw[o * inputs + i];
          expect(Math.abs(da[r * inputs + i] - scale * expected)).toBeLessThan(1e-3);
        }
        for (let o = 0; o < outputs; o++) {
          let expected = 0; // s ∂W Aᵀ
          for (let i = 0; i < inputs; i++) expected += dw[o * inputs + i] * a.data[r * inputs + i];
          expect(Math.abs(db[o * rank + r] - scale * expected)).toBeLessThan(1e-3);
        }
      }
    }
    adapted.dispose();
    merged.dispose();
  });

  test('training moves the adapters alone; the reference stays where it began and costs no weights', async () => {
    const before = countTensors();
    const base = LanguageModel.open(folder);
    const start = await base.logProbs(batch);
    const baseTensors = countTensors() - before;
    base.dispose();
    const model = LanguageModel.open(folder, { lora });
    const tensors = countTensors();
    const reference = model.reference();
    expect(countTensors()).toBe(tensors);
    expect(tensors - before).toBe(baseTensors + 2 * 14); // A and B of 7 projections in 2 layers
    expect([...(await model.logProbs(batch))]).toEqual([...start]); // B begins at zero
    const losses: number[] = [];
    for (let step = 0; step < 5; step++) {
      losses.push((await model.forwardBackward(batch, sumOfLogProbs)).loss);
      await model.optimStep({ learningRate: 1e-2 });
    }
    expect(losses.at(-1)).toBeLessThan(0.8 * losses[0]);
    expect([...(await reference.logProbs(batch))]).toEqual([...start]);
    expect(await model.logProbs(batch)).not.toEqual(start);
    model.dispose();
    expect(countTensors()).toBe(before);
  });

  test('the sampler sees the adapter', async () => {
    const model = LanguageModel.open(folder, { adapter });
    const base = LanguageModel.open(folder);
    const prompt = [3, 9, 27];
    const options = { maxTokens: 4, stopIds: [], temperature: 0 };
    const [{ ids, logProbs }] = await model.sampler().sample([{ ids: prompt, seed: 1 }], options);
    const all = [...prompt, ...ids];
    const scored = toTokenBatch([{ ids: all, mask: all.map((_, t) => t >= prompt.length) }]);
    const [own, other] = [await model.logProbs(scored), await base.logProbs(scored)];
    logProbs.forEach((sampled, t) => {
      expect(sampled).toBeCloseTo(own[prompt.length + t], 4);
    });
    expect(Math.abs(logProbs[0] - other[prompt.length])).toBeGreaterThan(1e-3);
    model.dispose();
    base.dispose();
  });

  test('dropout draws anew for every pass, alike with layers computed again, and never where nothing is learnt', async () => {
    const options = { lora: { ...lora, dropout: 0.5, seed: 4 } };
    const models = [false, true].map((gradientCheckpointing) =>
      LanguageModel.open(folder, { ...options, gradientCheckpointing }),
    );
    const losses: number[][] = [];
    for (const model of models) {
      await model.forwardBackward(batch, sumOfLogProbs);
      await model.optimStep({ learningRate: 0.05 }); // moves B away from zero
      const seen: number[] = [];
      for (let pass = 0; pass < 2; pass++) {
        seen.push((await model.forwardBackward(batch, sumOfLogProbs)).loss);
      }
      const { gradNorm } = await model.optimStep({ learningRate: 0 });
      losses.push([...seen, gradNorm]);
      expect([...(await model.logProbs(batch))]).toEqual([...(await model.logProbs(batch))]);
    }
    expect(losses[0][0]).not.toBeCloseTo(losses[0][1], 3);
    losses[0].forEach((value, i) => {
      expect(losses[1][i] / value).toBeCloseTo(1, 4);
    });
    for (const model of models) model.dispose();
  });
});

describe('targets', () => {
  const lastParts = (names: readonly { name: string }[]) => [
    ...new Set(names.map(({ name }) => name.split('.').at(-1))),
  ];

  test('all-linear means every projection of the layers and not the output layer', () => {
    const llama = targetedModules(configOf('llama-gqa-tied'), 'all-linear');
    expect(lastParts(llama)).toEqual([
      ...['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'],
    ]);
    expect(llama).toHaveLength(14);
    expect(llama[0]).toEqual({
      ...{ name: 'model.layers.0.self_attn.q_proj', stored: 'out-in' },
      ...{ inputs: 48, outputs: llama[0].outputs },
    });
  });

  test('a target is the end of a name, whole parts of it', () => {
    const config = configOf('gpt2');
    const both = targetedModules(config, ['c_proj']);
    expect(both.every(({ stored }) => stored === 'in-out')).toBe(true);
    expect(both).toHaveLength(2 * config.layers);
    expect(targetedModules(config, ['mlp.c_proj'])).toHaveLength(config.layers);
    expect(() => targetedModules(config, ['proj'])).toThrow(
      /needs targetModules among the projections of the model, c_attn, c_proj, c_fc, got "proj"/,
    );
  });
});

describe('the start', () => {
  beforeAll(async () => {
    await initBackend('wasm');
  });

  test('A fills ±1/√in evenly, B is zero, and the seed decides', () => {
    const config = configOf('llama-gqa-tied');
    const [one, same, other] = [1, 1, 2].map((seed) =>
      createAdapters(config, { ...lora, rank: 16, seed }),
    );
    const name = 'model.layers.0.mlp.gate_proj.lora_A.weight';
    const a = [...one[name].dataSync()];
    const bound = 1 / Math.sqrt(48);
    expect(one[name].shape).toEqual([16, 48]);
    expect(Math.max(...a.map(Math.abs))).toBeLessThanOrEqual(Math.fround(bound));
    const deviation = Math.sqrt(a.reduce((sum, x) => sum + x * x, 0) / a.length);
    expect(deviation / (bound / Math.sqrt(3))).toBeCloseTo(1, 1); // of a uniform distribution
    expect([...same[name].dataSync()]).toEqual(a);
    expect([...other[name].dataSync()]).not.toEqual(a);
    expect(one['model.layers.0.mlp.gate_proj.lora_B.weight'].dataSync().every((x) => x === 0)).toBe(
      true,
    );
    dispose([one, same, other]);
  });

  test('the scale is α / r, or α / √r where rank-stabilised', () => {
    expect(adapterScale({ ...lora, rank: 16, alpha: 32 })).toBe(2);
    expect(adapterScale({ ...lora, rank: 16, alpha: 32, useRslora: true })).toBe(8);
  });

  test.each([
    [{ rank: 0 }, 'needs a rank of at least 1, got 0'],
    [{ alpha: 0 }, 'needs an alpha above 0, got 0'],
    [{ dropout: 1 }, 'needs a dropout of at least 0 and below 1, got 1'],
  ])('%j is refused', (change, message) => {
    const open = () => LanguageModel.open(folder, { lora: { ...lora, ...change } });
    expect(open).toThrow(message);
  });

  test('what needs adapters says so where there are none', async () => {
    const model = LanguageModel.open(folder);
    expect(() => model.merge()).toThrow('merge: needs a model with adapters');
    expect(() => model.reference()).toThrow('open the folder a second time');
    await expect(model.save(join(scratch, 'none'), { merged: true })).rejects.toThrow(
      'needs a model with adapters',
    );
    model.dispose();
  });
});
