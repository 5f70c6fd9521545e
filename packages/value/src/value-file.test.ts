import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readValueFile, type ValueFile, writeValueFile } from './value-file.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'grpo-value-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const FILE: ValueFile = {
  tensors: new Map([
    ['b', { shape: [2], data: Float32Array.of(0.1, -2) }],
    ['a', { shape: [1, 2], data: Float32Array.of(3, 1e-30) }],
  ]),
  counters: { step: 12, updates: 3 },
};
const path = () => join(folder, 'value.safetensors');

it('what is written comes back, and nothing else lies in the folder', async () => {
  await writeValueFile(folder, FILE);
  expect(readValueFile(folder)).toEqual(FILE);
  expect(readdirSync(folder)).toEqual(['value.safetensors']);
});

it('a second write takes the place of the first', async () => {
  await writeValueFile(folder, FILE);
  const next = { ...FILE, counters: { step: 13, updates: 4 } };
  await writeValueFile(folder, next);
  expect(readValueFile(folder)).toEqual(next);
});

it('makes the folder where there is none', async () => {
  const inner = join(folder, 'run', 'value');
  await writeValueFile(inner, FILE);
  expect(readValueFile(inner)).toEqual(FILE);
});

it('any one flipped bit is noticed, wherever it lies, unless it changes nothing that is read', async () => {
  await writeValueFile(folder, FILE);
  const whole = readFileSync(path());
  let harmless = 0;
  for (let at = 0; at < whole.length; at++) {
    const damaged = Buffer.from(whole);
    damaged[at] ^= 1;
    writeFileSync(path(), damaged);
    let read: ValueFile;
    try {
      read = readValueFile(folder);
    } catch (error) {
      expect(String(error)).toContain(`readValueFile: needs ${path()} as it was saved, got `);
      continue;
    }
    harmless += 1;
    expect(read).toEqual(FILE);
  }
  // Blanks at the end of the header may turn into nothing else that is read.
  expect(harmless).toBeLessThan(8);
});

it('a file that was cut off is noticed, at every length', async () => {
  await writeValueFile(folder, FILE);
  const whole = readFileSync(path());
  for (let length = 0; length < whole.length; length += 7) {
    writeFileSync(path(), whole.subarray(0, length));
    expect(() => readValueFile(folder)).toThrow('as it was saved, got ');
  }
});

it('a missing file is an error that names it', () => {
  expect(() => readValueFile(folder)).toThrow(`readValueFile: needs ${path()}`);
});

it('a write that cannot take its place leaves nothing behind', async () => {
  mkdirSync(join(path(), 'in the way'), { recursive: true });
  await expect(writeValueFile(folder, FILE)).rejects.toThrow();
  expect(readdirSync(folder)).toEqual(['value.safetensors']);
});

it('a write that fails leaves the old file, and no other', async () => {
  await writeValueFile(folder, FILE);
  const broken = {
    ...FILE,
    tensors: new Map([['a', { shape: [1n] as never, data: new Float32Array(1) }]]),
  };
  await expect(writeValueFile(folder, broken)).rejects.toThrow('BigInt');
  expect(readValueFile(folder)).toEqual(FILE);
  expect(readdirSync(folder)).toEqual(['value.safetensors']);
});
