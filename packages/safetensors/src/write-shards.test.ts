import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openShards } from './open-shards.js';
import { readSafetensors } from './safetensors.js';
import { writeShards } from './write-shards.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'grpo-shards-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const tensor = (length: number, start: number) => ({
  shape: [length],
  data: Float32Array.from({ length }, (_, i) => start + i),
});
const tensors = new Map([
  ['c', tensor(4, 0)],
  ['big', tensor(20, 100)],
  ['a', tensor(3, 10)],
  ['b', tensor(3, 20)],
]);

test('weights below the limit are one file without an index', async () => {
  await writeShards(folder, tensors, { maxShardSize: 120 });
  expect(readdirSync(folder)).toEqual(['model.safetensors']);
});

test('shards are filled in order up to the limit, and read back as one model', async () => {
  await writeShards(folder, tensors, { maxShardSize: 24, metadata: { format: 'pt' } });
  expect(readdirSync(folder).sort()).toEqual([
    'model-00001-of-00003.safetensors',
    'model-00002-of-00003.safetensors',
    'model-00003-of-00003.safetensors',
    'model.safetensors.index.json',
  ]);
  const path = join(folder, 'model.safetensors.index.json');
  const index = JSON.parse(readFileSync(path, 'utf8'));
  expect(index.metadata.total_size).toBe(120);
  expect(index.weight_map).toEqual({
    a: 'model-00003-of-00003.safetensors',
    b: 'model-00003-of-00003.safetensors',
    big: 'model-00002-of-00003.safetensors', // larger than the limit: alone in its file
    c: 'model-00001-of-00003.safetensors',
  });
  const reader = openShards(path);
  for (const [name, { data }] of tensors) expect(reader.read(name).data).toEqual(data);
  expect(reader.metadata).toEqual({ format: 'pt' });
  reader.close();
});

test('a lazy tensor is read once, when its turn comes', async () => {
  const order: string[] = [];
  const lazy = new Map(
    [...tensors].map(([name, { shape, data }]) => {
      const read = () => {
        order.push(name);
        return data;
      };
      return [name, { shape, read }];
    }),
  );
  await writeShards(folder, lazy, { maxShardSize: 1e6 });
  expect(order).toEqual(['c', 'big', 'a', 'b']);
  const { tensors: read } = readSafetensors(join(folder, 'model.safetensors'));
  for (const [name, { data }] of tensors) expect(read.get(name)?.data).toEqual(data);
});

test('half floats count half, so that more of them fit', async () => {
  await writeShards(folder, tensors, { maxShardSize: 60, dtype: 'BF16' });
  expect(readdirSync(folder)).toEqual(['model.safetensors']);
});

test('a lazy tensor of the wrong size is an error that names it', async () => {
  const lazy = new Map([['w', { shape: [3], read: () => Float32Array.of(1) }]]);
  await expect(writeShards(folder, lazy)).rejects.toThrow('needs 3 numbers for "w"');
});

test('a limit of no bytes is refused', async () => {
  await expect(writeShards(folder, tensors, { maxShardSize: 0 })).rejects.toThrow(
    'needs maxShardSize above 0 bytes, got 0',
  );
});
