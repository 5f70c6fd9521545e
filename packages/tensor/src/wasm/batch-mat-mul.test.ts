import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import wabt from 'wabt';
import { initBackend } from '../backend.js';
import { BATCH_MAT_MUL_WASM } from './batch-mat-mul.wasm.js';

beforeAll(async () => {
  await initBackend('wasm');
});

test('the module that ships is the assembled text', async () => {
  const text = readFileSync(new URL('./batch-mat-mul.wat', import.meta.url), 'utf8');
  const module = (await wabt()).parseWat('batch-mat-mul.wat', text, { simd: true });
  expect(Buffer.from(module.toBinary({}).buffer).toString('base64')).toBe(BATCH_MAT_MUL_WASM);
});

test.each([
  [1, 1, 1, 1],
  [2, 4, 8, 8],
  [2, 9, 3, 17],
  [5, 7, 16, 12],
  [1, 130, 70, 30],
])('a product of [%i, %i, %i, %i] agrees with the sum over k', (batches, m, k, n) => {
  const a = Float32Array.from({ length: batches * m * k }, (_, i) => Math.sin(i));
  const b = Float32Array.from({ length: batches * k * n }, (_, i) => Math.cos(3 * i));
  const expected: number[] = [];
  for (let p = 0; p < batches; p++)
    for (let i = 0; i < m; i++)
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let c = 0; c < k; c++) sum += a[p * m * k + i * k + c] * b[p * k * n + c * n + j];
        expected.push(sum);
      }
  const product = tf.matMul(tf.tensor(a, [batches, m, k]), tf.tensor(b, [batches, k, n]));
  const actual = product.dataSync();
  expect(actual.length).toBe(expected.length);
  expected.forEach((e, i) => {
    expect(actual[i]).toBeCloseTo(e, 4);
  });
});

test('a broadcast batch still goes to the kernel that knows it', () => {
  const a = tf.tensor([1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2]);
  const b = tf.tensor([1, 0, 0, 2], [1, 2, 2]);
  expect([...tf.matMul(a, b).dataSync()]).toEqual([1, 4, 3, 8, 5, 12, 7, 16]);
});
