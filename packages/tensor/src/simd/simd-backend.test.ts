import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { initBackend } from '../backend.js';
import { hostArray, hostTensor, simdKernels } from './host-arrays.js';
import { areKernelsCompiled } from './kernels.js';
import { SimdBackend } from './simd-backend.js';

const numbers = (count: number) => Float32Array.from({ length: count }, (_, i) => Math.sin(i + 1));

describe.skipIf(!areKernelsCompiled())('tensors on the simd backend', () => {
  beforeAll(async () => {
    await initBackend('simd');
  });

  test('a tensor keeps its numbers when the array that it was made of changes', () => {
    for (const size of [4, 400]) {
      const array = numbers(size);
      const x = tf.tensor1d(array);
      array.fill(7);
      expect(x.dataSync()).toEqual(numbers(size));
      const whole = Int32Array.of(1, 2, 3);
      const ids = tf.tensor1d(whole, 'int32');
      whole.fill(7);
      expect([...ids.dataSync()]).toEqual([1, 2, 3]);
      tf.dispose([x, ids]);
    }
  });

  test('what was read stays when the tensor is gone and its memory is used again', async () => {
    const x = tf.mul(tf.tensor1d(numbers(1000)), 2);
    const [now, later] = [x.dataSync(), await x.data()];
    x.dispose();
    const others = Array.from({ length: 5 }, () => tf.fill([1000], 9).add(1));
    expect(now).toEqual(numbers(1000).map((value) => 2 * value));
    expect(later).toEqual(now);
    tf.dispose(others);
  });

  test('a part of a tensor stays when the whole is gone', () => {
    const x = tf.matMul(tf.tensor2d(numbers(10_000), [100, 100]), tf.eye(100));
    const parts = [tf.slice(x, [10, 0], [5, 100]), ...tf.split(x, 4), tf.reshape(x, [10_000])];
    const before = parts.map((part) => part.dataSync().slice());
    x.dispose();
    const others = Array.from({ length: 9 }, () =>
      tf.matMul(tf.ones([100, 25]), tf.ones([25, 100])),
    );
    expect(parts.map((part) => part.dataSync())).toEqual(before);
    tf.dispose([parts, others]);
  });

  test('memory goes back with the last tensor that has it', () => {
    const backend = tf.backend();
    if (!(backend instanceof SimdBackend)) throw new Error('another backend');
    const before = backend.pool.usedBytes;
    const { tensor, data } = hostTensor([10, 10]);
    data.set(numbers(100));
    const same = tf.reshape(tensor, [100]);
    tensor.dispose();
    expect(backend.pool.usedBytes).toBeGreaterThan(before);
    expect(hostArray(same)).toBe(data);
    same.dispose();
    expect(backend.pool.usedBytes).toBe(before);
  });

  test('arrays are those of the backend in use, and of no other', async () => {
    const x = tf.tensor1d([1, 2]);
    expect(simdKernels()?.threads()).toBeGreaterThanOrEqual(1);
    expect([...hostArray(x)]).toEqual([1, 2]);
    expect([...hostArray(tf.cast(tf.tensor1d([1, 0], 'int32'), 'float32'))]).toEqual([1, 0]);
    await initBackend('cpu');
    expect(simdKernels()).toBeUndefined();
    expect(() => hostArray(x)).toThrow('hostArray: needs the simd backend, got cpu');
    expect([...x.dataSync()]).toEqual([1, 2]);
    await initBackend('simd');
  });
});
