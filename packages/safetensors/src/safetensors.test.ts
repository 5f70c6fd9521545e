import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readSafetensors, writeSafetensors } from './safetensors.js';

const scratch = mkdtempSync(join(tmpdir(), 'grpo-safetensors-'));
afterAll(() => rmSync(scratch, { recursive: true }));

/** A file with the given header and data, byte for byte. */
function file(name: string, header: unknown, data: Uint8Array = new Uint8Array()): string {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const path = join(scratch, name);
  writeFileSync(path, Buffer.concat([length, text, data]));
  return path;
}

function emptyFile(): string {
  const path = join(scratch, 'empty');
  writeFileSync(path, '');
  return path;
}

test('what was written is read back, bit for bit', async () => {
  const path = join(scratch, 'round-trip.safetensors');
  const tensors = new Map([
    ['matrix', { shape: [2, 2], data: Float32Array.of(1, -0.1, 1e-30, 3.4e38) }],
    ['scalar', { shape: [], data: Float32Array.of(7) }],
    ['empty', { shape: [0, 3], data: new Float32Array() }],
  ]);
  await writeSafetensors(path, tensors, { format: 'pt' });
  const read = readSafetensors(path);
  expect(read.metadata).toEqual({ format: 'pt' });
  expect([...read.tensors]).toEqual([...tensors]);
});

test('half precision and bfloat16 are widened exactly', () => {
  // 1, -2, 65504 (largest half), 2⁻²⁴ (smallest half), infinity
  const halves = new Uint8Array(Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0001, 0x7c00).buffer);
  const half = file('f16', { x: { dtype: 'F16', shape: [5], data_offsets: [0, 10] } }, halves);
  expect([...(readSafetensors(half).tensors.get('x')?.data ?? [])]).toEqual([
    1,
    -2,
    65504,
    2 ** -24,
    Number.POSITIVE_INFINITY,
  ]);
  const brains = new Uint8Array(Uint16Array.of(0x3f80, 0xc040, 0x0000).buffer);
  const brain = file('bf16', { x: { dtype: 'BF16', shape: [3], data_offsets: [0, 6] } }, brains);
  expect([...(readSafetensors(brain).tensors.get('x')?.data ?? [])]).toEqual([1, -3, 0]);
});

test.each([
  ['an empty file', () => emptyFile(), 'whole'],
  ['a header that is not JSON', () => file('h', '{{{{'), 'not JSON'],
  [
    'data that is cut off',
    () => file('c', { x: { dtype: 'F32', shape: [2], data_offsets: [0, 8] } }, new Uint8Array(4)),
    '"x" cut off: it ends at byte 8 of 4',
  ],
  [
    'a shape that its bytes do not fill',
    () => file('s', { x: { dtype: 'F32', shape: [3], data_offsets: [0, 8] } }, new Uint8Array(8)),
    '8 bytes for "x", whose shape [3] takes 12',
  ],
  [
    'a type that cannot be read',
    () => file('t', { x: { dtype: 'I64', shape: [1], data_offsets: [0, 8] } }, new Uint8Array(8)),
    'got I64 for "x"',
  ],
  ['a missing file', () => join(scratch, 'nowhere'), 'needs a readable file'],
])('%s is an error that says so', (_what, make, message) => {
  expect(() => readSafetensors(make())).toThrow(message);
});
