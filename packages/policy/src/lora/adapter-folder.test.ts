import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readSafetensors, writeSafetensors } from '@grpo/safetensors';
import { availableBackends, countTensors, initBackend } from '@grpo/tensor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toTokenBatch } from '../engine/token-batch.js';
import { LanguageModel } from '../model/language-model.js';
import type { LogProbLoss } from '../types.js';
import { readAdapterConfig } from './adapter-folder.js';

// Each was written by PEFT 0.21, with what the adapted model makes of a few ids.
const names = ['lora-llama-all-linear', 'lora-gpt2-conv1d'];
const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'grpo-adapter-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const referenceOf = (name: string) =>
  JSON.parse(readFileSync(join(fixture(name), 'reference.json'), 'utf8')) as {
    base: string;
    ids: number[];
    first: number[];
    last: number[];
  };
const open = (name: string) =>
  LanguageModel.open(fixture(referenceOf(name).base), { adapter: fixture(name) });
const batchOf = (name: string) => {
  const { ids } = referenceOf(name);
  return toTokenBatch([{ ids, mask: ids.map((_, t) => t > 0) }]);
};
const sumOfLogProbs: LogProbLoss = (logProbs) => ({
  loss: -logProbs.reduce((sum, x) => sum + x, 0),
  gradLogProbs: Float64Array.from(logProbs, (x) => (x === 0 ? 0 : -1)),
});
const distance = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  expect(a.length).toBe(b.length);
  return Array.from(a, (x, i) => Math.abs(x - b[i])).reduce((most, x) => Math.max(most, x), 0);
};

const backends = await availableBackends();
describe.each(backends)('on the %s backend', (backend) => {
  beforeAll(async () => {
    await initBackend(backend);
  });

  test.each(names)('%s: logits are those of PEFT', async (name) => {
    const { ids, first, last } = referenceOf(name);
    const model = open(name);
    const logits = await model.logits(ids);
    expect(distance(logits.slice(0, first.length), first)).toBeLessThan(1e-4);
    expect(distance(logits.slice(-last.length), last)).toBeLessThan(1e-4);
    model.dispose();
  });

  test.each(names)(
    '%s: merged weights give the same logits, and no tensor is left',
    async (name) => {
      const before = countTensors();
      const model = open(name);
      const { ids } = referenceOf(name);
      const adapted = await model.logits(ids);
      const folder = join(scratch, `merged-${backend}-${name}`);
      await model.save(folder, { merged: true });
      model.merge();
      expect(distance(await model.logits(ids), adapted)).toBeLessThan(1e-4);
      expect(model.trainedParameterCount).toBe(model.parameterCount);
      const merged = LanguageModel.open(folder);
      expect(distance(await merged.logits(ids), adapted)).toBeLessThan(1e-4);
      model.dispose();
      merged.dispose();
      expect(countTensors()).toBe(before);
    },
  );
});

describe('folders', () => {
  beforeAll(async () => {
    await initBackend('wasm');
  });

  test.each(names)(
    '%s: what is saved has the files, names and values that were opened',
    async (name) => {
      const model = open(name);
      const saved = join(scratch, `saved-${name}`);
      await model.save(saved);
      expect(readdirSync(saved).filter((file) => file.startsWith('adapter'))).toEqual([
        'adapter_config.json',
        'adapter_model.safetensors',
      ]);
      const [theirs, ours] = [fixture(name), saved].map((folder) => ({
        config: JSON.parse(readFileSync(join(folder, 'adapter_config.json'), 'utf8')),
        ...readSafetensors(join(folder, 'adapter_model.safetensors')),
      }));
      expect([...ours.tensors.keys()].sort()).toEqual([...theirs.tensors.keys()].sort());
      for (const [key, { shape, data }] of theirs.tensors) {
        expect(ours.tensors.get(key)).toEqual({ shape, data });
      }
      for (const key of [
        'r',
        'lora_alpha',
        'lora_dropout',
        'use_rslora',
        'fan_in_fan_out',
        'bias',
      ]) {
        expect(ours.config[key], key).toEqual(theirs.config[key]);
      }
      // The base is named, so that the adapter's folder opens by itself.
      const again = LanguageModel.open(saved);
      const { ids } = referenceOf(name);
      expect([...(await again.logits(ids))]).toEqual([...(await model.logits(ids))]);
      model.dispose();
      again.dispose();
    },
  );

  test('a resumed adapter takes the same next step', async () => {
    const [name] = names;
    const model = open(name);
    const step = async (of: LanguageModel) => {
      await of.forwardBackward(batchOf(name), sumOfLogProbs);
      await of.optimStep({ learningRate: 1e-2 });
      return of.logProbs(batchOf(name));
    };
    await step(model);
    const saved = join(scratch, 'resumed');
    await model.save(saved, { optimizer: true });
    const reopened = LanguageModel.open(saved);
    const loaded = open(name);
    await loaded.load(saved);
    const expected = [...(await step(model))];
    expect([...(await step(reopened))]).toEqual(expected);
    expect([...(await step(loaded))]).toEqual(expected);
    for (const each of [model, reopened, loaded]) each.dispose();
  });
});

describe('what is not supported', () => {
  const changed = (name: string, change: Readonly<Record<string, unknown>>) => {
    const folder = join(scratch, name);
    cpSync(fixture(names[0]), folder, { recursive: true });
    const path = join(folder, 'adapter_config.json');
    const json = JSON.parse(readFileSync(path, 'utf8'));
    writeFileSync(path, JSON.stringify({ ...json, ...change }));
    return folder;
  };

  test.each([
    ['peft_type', 'IA3', /needs "LORA" for "peft_type", got "IA3".*Merge the adapter in PEFT/],
    ['use_dora', true, /for "use_dora", got true/],
    ['rank_pattern', { q_proj: 4 }, /for "rank_pattern", got \{"q_proj":4\}/],
    ['modules_to_save', ['lm_head'], /for "modules_to_save"/],
    ['target_modules', 'model.*', /needs a list of names or "all-linear" for "target_modules"/],
    ['init_lora_weights', 'pissa', /for "init_lora_weights", got "pissa"/],
    ['r', null, /needs a number for "r", got null/],
  ])('%s: the error names it and its file', (field, value, message) => {
    expect(() => readAdapterConfig(changed(field, { [field]: value }))).toThrow(message);
  });

  test('an adapter of other shapes is refused, and leaves no tensor behind', async () => {
    await initBackend('wasm');
    const before = countTensors();
    const base = fixture(referenceOf(names[0]).base);
    expect(() => LanguageModel.open(base, { adapter: changed('rank', { r: 3 }) })).toThrow(
      /needs "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight" with shape \[3, 48\], got \[2, 48\]/,
    );
    const extra = changed('extra', {});
    const path = join(extra, 'adapter_model.safetensors');
    const { tensors } = readSafetensors(path);
    const more = new Map(tensors).set('base_model.model.other', {
      shape: [1],
      data: Float32Array.of(1),
    });
    await writeSafetensors(path, more);
    expect(() => LanguageModel.open(base, { adapter: extra })).toThrow(
      'got "base_model.model.other"',
    );
    expect(countTensors()).toBe(before);
  });

  test('an adapter whose base is not here says how to open it', () => {
    expect(() => LanguageModel.open(fixture(names[0]))).toThrow(
      /needs the base model of the adapter, got "llama-gqa-tied".*Open the base model's folder with \{ adapter:/,
    );
  });

  test('both an adapter and the settings of a new one are refused', () => {
    const lora = { rank: 2, alpha: 2, targetModules: ['q_proj'] };
    const base = fixture(referenceOf(names[0]).base);
    expect(() => LanguageModel.open(base, { adapter: fixture(names[0]), lora })).toThrow(
      'needs either lora or an adapter, got both',
    );
  });
});
