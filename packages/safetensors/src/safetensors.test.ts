import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
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

test.each([
  ['F16', [1, -0.0999755859375, 0, 65504, Number.POSITIVE_INFINITY]],
  ['BF16', [1, -0.10009765625, 9.98402083170343e-31, 65536, Number.POSITIVE_INFINITY]],
] as const)(
  '%s is written rounded to the nearest number and read back',
  async (dtype, expected) => {
    const path = join(scratch, dtype);
    const data = Float32Array.of(1, -0.1, 1e-30, 65504, 3.4e38);
    await writeSafetensors(path, new Map([['x', { shape: [5], data }]]), {}, { dtype });
    const read = readSafetensors(path).tensors.get('x')?.data ?? new Float32Array();
    expect(statSync(path).size % 8).toBe(2); // an aligned header and ten bytes
    for (const [i, value] of expected.entries()) {
      expect(read[i]).toBe(value);
    }
  },
);

test('numbers that do not fill their shape are refused before a file is made', async () => {
  const path = join(scratch, 'unfilled');
  const tensors = new Map([['x', { shape: [2, 2], data: Float32Array.of(1, 2, 3) }]]);
  await expect(writeSafetensors(path, tensors)).rejects.toThrow(
    'needs 4 numbers for "x" with shape [2, 2], got 3',
  );
  expect(existsSync(path)).toBe(false);
});

test('the name that the format keeps for texts is refused', async () => {
  const tensors = new Map([['__metadata__', { shape: [0], data: new Float32Array() }]]);
  await expect(writeSafetensors(join(scratch, 'kept'), tensors)).rejects.toThrow('Rename');
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
