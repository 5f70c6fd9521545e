import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { formatHeader } from './header.js';
import { openSafetensors } from './open-safetensors.js';
import type { TensorEntry } from './types.js';

const scratch = mkdtempSync(join(tmpdir(), 'grpo-open-'));
afterAll(() => rmSync(scratch, { recursive: true }));

function file(name: string, entries: Readonly<Record<string, TensorEntry>>, data: Uint8Array) {
  const header = formatHeader(Object.entries(entries), { format: 'pt' });
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const path = join(scratch, name);
  writeFileSync(path, Buffer.concat([length, header, data]));
  return path;
}

const mixed = () =>
  file(
    'mixed',
    { ids: { dtype: 'I64', shape: [1] }, weight: { dtype: 'BF16', shape: [2, 1] } },
    Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0x80, 0x3f, 0x40, 0xc0),
  );

test('names, types and shapes are listed and one tensor is read, whatever else the file holds', () => {
  const reader = openSafetensors(mixed());
  expect(reader.metadata).toEqual({ format: 'pt' });
  expect([...reader.entries].map(([name, { dtype, shape }]) => [name, dtype, shape])).toEqual([
    ['ids', 'I64', [1]],
    ['weight', 'BF16', [2, 1]],
  ]);
  expect(reader.read('weight')).toEqual({ shape: [2, 1], data: Float32Array.of(1, -3) });
  reader.close();
});

test('whole numbers are an error that names the tensor', () => {
  const reader = openSafetensors(mixed());
  expect(() => reader.read('ids')).toThrow(/F32, F16 or BF16, got I64 for "ids" in .*mixed/);
  reader.close();
});

test('an unknown name and a closed file are errors that say so', () => {
  const reader = openSafetensors(mixed());
  expect(() => reader.read('bias')).toThrow('got read("bias")');
  reader.close();
  reader.close();
  expect(() => reader.read('weight')).toThrow('needs an open file');
});

test('a tensor of more numbers than are widened at a time is read whole', () => {
  const length = 2 ** 22 + 3;
  const halves = Uint16Array.from({ length }, (_, i) => (i % 2 ? 0x3c00 : 0xc000));
  halves[length - 1] = 0x7bff;
  const path = file(
    'long',
    { x: { dtype: 'F16', shape: [length] } },
    new Uint8Array(halves.buffer),
  );
  const reader = openSafetensors(path);
  const { data } = reader.read('x');
  reader.close();
  expect(data.findIndex((value, i) => value !== (i % 2 ? 1 : -2))).toBe(length - 1);
  expect(data[length - 1]).toBe(65504);
});

test('a header that claims terabytes is refused before anything is allocated', () => {
  const path = file('huge', { x: { dtype: 'F32', shape: [2 ** 40] } }, new Uint8Array(4));
  expect(() => openSafetensors(path)).toThrow('"x" cut off: it ends at byte 4398046511104 of 4');
});

test('a file that shrinks after it was opened is an error, not zeros', () => {
  const path = mixed();
  const reader = openSafetensors(path);
  truncateSync(path, 20);
  expect(() => reader.read('weight')).toThrow('truncated or damaged');
  reader.close();
});
