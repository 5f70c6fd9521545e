import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openSafetensors, readSafetensors, writeSafetensors } from '@grpo/safetensors';
import { initBackend } from '@grpo/tensor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LanguageModel } from './language-model.js';
import type { WeightOptions } from './model-folder.js';

const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'grpo-model-folder-'));
afterAll(() => rmSync(scratch, { recursive: true }));
beforeAll(async () => {
  await initBackend('wasm');
});

const ids = [3, 9, 27, 11];
const configOf = (folder: string) => JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
async function saveAs(name: string, options: WeightOptions, from = fixture('llama-gqa-tied')) {
  const model = LanguageModel.open(from);
  const folder = join(scratch, name);
  await model.save(folder, options);
  model.dispose();
  return folder;
}
async function logitsOf(folder: string) {
  const model = LanguageModel.open(folder);
  const logits = await model.logits(ids);
  model.dispose();
  return logits;
}

describe('shards', () => {
  test('a model above the limit is saved in shards, and opens as it was', async () => {
    const folder = await saveAs('sharded', { maxShardSize: 40_000 });
    const files = readdirSync(folder).filter((file) => file.endsWith('.safetensors'));
    expect(files.length).toBeGreaterThan(1);
    expect(files).toContain(`model-00001-of-0000${files.length}.safetensors`);
    expect([...(await logitsOf(folder))]).toEqual([...(await logitsOf(fixture('llama-gqa-tied')))]);
  });

  test('a folder that was in shards is one file again, with no shard left over', async () => {
    const folder = await saveAs('again', { maxShardSize: 40_000 });
    await saveAs('again', {}, folder);
    const weights = readdirSync(folder).filter((file) => file.includes('safetensors'));
    expect(weights).toEqual(['model.safetensors']);
  });
});

describe('the type of the weights', () => {
  test.each([
    ['bfloat16', 'BF16', 0.05],
    ['float16', 'F16', 0.01],
    ['float32', 'F32', 0],
  ] as const)('%s: the file, the config and nearly the logits', async (dtype, stored, most) => {
    const folder = await saveAs(dtype, { dtype });
    const reader = openSafetensors(join(folder, 'model.safetensors'));
    expect(new Set([...reader.entries.values()].map((entry) => entry.dtype))).toEqual(
      new Set([stored]),
    );
    reader.close();
    const { dtype: newName, torch_dtype: oldName } = configOf(folder);
    expect(newName ?? oldName).toBe(dtype);
    const [theirs, ours] = [await logitsOf(fixture('llama-gqa-tied')), await logitsOf(folder)];
    theirs.forEach((logit, i) => {
      expect(Math.abs(logit - ours[i])).toBeLessThanOrEqual(most * (1 + Math.abs(logit)));
    });
  });

  test('a model that was stored in bfloat16 and is saved in float32 says so', async () => {
    const half = await saveAs('half', { dtype: 'bfloat16' });
    const whole = await saveAs('whole', {}, half);
    const { dtype, torch_dtype } = configOf(whole);
    expect(dtype ?? torch_dtype).toBe('float32');
  });

  test('another type is refused before anything is written', async () => {
    const options = { dtype: 'int8' } as unknown as WeightOptions;
    await expect(saveAs('int8', options)).rejects.toThrow(
      'needs a dtype of float32, float16, bfloat16, got "int8"',
    );
    expect(existsSync(join(scratch, 'int8'))).toBe(false);
  });
});

test('a model that a killed process was replacing still opens', async () => {
  const folder = await saveAs('killed', {});
  renameSync(folder, `${folder}.replaced`); // between the two renames
  expect([...(await logitsOf(folder))]).toEqual([...(await logitsOf(fixture('llama-gqa-tied')))]);
});

test('the file of a bare decoder opens: its names lack the prefix', async () => {
  const folder = await saveAs('bare', {});
  const path = join(folder, 'model.safetensors');
  const bare = [...readSafetensors(path).tensors].map(
    ([name, stored]) => [name.replace(/^model\./, ''), stored] as const,
  );
  await writeSafetensors(path, new Map(bare));
  expect([...(await logitsOf(folder))]).toEqual([...(await logitsOf(fixture('llama-gqa-tied')))]);
});

test('a config that is not JSON is an error that names it', async () => {
  const folder = await saveAs('damaged', {});
  writeFileSync(join(folder, 'config.json'), '{');
  expect(() => LanguageModel.open(folder)).toThrow(/needs JSON in .*config\.json.*copy it again/);
});
