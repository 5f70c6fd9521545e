import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openShards } from './open-shards.js';
import { writeSafetensors } from './safetensors.js';

const scratch = mkdtempSync(join(tmpdir(), 'grpo-shards-'));
afterAll(() => rmSync(scratch, { recursive: true }));
const one = (value: number) => ({ shape: [1], data: Float32Array.of(value) });
const index = (name: string, weightMap: unknown) => {
  const path = join(scratch, name);
  writeFileSync(path, JSON.stringify({ weight_map: weightMap }));
  return path;
};
await writeSafetensors(join(scratch, 'a'), new Map([['x', one(1)]]), { format: 'pt' });
await writeSafetensors(join(scratch, 'b'), new Map([['y', one(2)]]));
await writeSafetensors(join(scratch, 'c'), new Map([['x', one(3)]]));

test('shards are read as one', () => {
  const reader = openShards(index('good', { x: 'a', y: 'b' }));
  expect([...reader.entries.keys()]).toEqual(['x', 'y']);
  expect(reader.metadata).toEqual({ format: 'pt' });
  expect([reader.read('x'), reader.read('y')]).toEqual([one(1), one(2)]);
  expect(() => reader.read('z')).toThrow('read("z"), which no shard holds');
  reader.close();
  expect(() => reader.read('x')).toThrow('needs an open file');
});

test.each([
  ['a missing shard', { x: 'a', y: 'nowhere' }, /no shard for "y": .*nowhere/],
  ['a tensor that its shard does not hold', { x: 'a', z: 'b' }, 'no "z" in b'],
  ['a tensor in two shards', { x: 'a', w: 'c' }, '"x" in a and in c'],
  ['a shard outside of the folder', { x: '../a' }, '"../a" as the file of "x"'],
  ['an index without a map', undefined, 'no index with a weight_map'],
])('%s is an error that says so', (_what, weightMap, message) => {
  expect(() => openShards(index('bad', weightMap))).toThrow(message);
});
