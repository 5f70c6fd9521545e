import { expect, test } from 'vitest';
import { BufferPool } from './buffer-pool.js';

const poolOfArrays = () => new BufferPool((length) => new Float32Array(length));

test('memory that was given back is taken again, for lengths of about the same size', () => {
  const pool = poolOfArrays();
  const first = pool.take(1000);
  expect(first.length).toBe(1000);
  pool.give(first);
  const second = pool.take(1020);
  expect(second.length).toBe(1020);
  expect(second.buffer).toBe(first.buffer);
});

test('at most an eighth of the memory is wasted', () => {
  for (let length = 64; length < 5000; length += 7) {
    const { buffer } = poolOfArrays().take(length);
    expect(buffer.byteLength).toBeGreaterThanOrEqual(4 * length);
    expect(buffer.byteLength).toBeLessThanOrEqual(4.5 * length);
  }
});

test('what is not of the pool is left alone, also when it is given twice', () => {
  const pool = poolOfArrays();
  pool.give(new Float32Array(1000));
  const own = pool.take(1000);
  pool.give(own);
  pool.give(own);
  expect(pool.freeBytes).toBe(own.buffer.byteLength);
  expect(pool.take(1000).buffer).not.toBe(pool.take(1000).buffer);
});

test('lengths that vary leave no more lying free than was in use at the peak', () => {
  const pool = poolOfArrays();
  let seed = 1;
  let peak = 0;
  for (let round = 0; round < 200; round++) {
    const taken = Array.from({ length: 10 }, () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return pool.take(100 + (seed % 100_000));
    });
    peak = Math.max(peak, pool.usedBytes);
    for (const array of taken) pool.give(array);
    expect(pool.usedBytes).toBe(0);
    expect(pool.freeBytes).toBeLessThanOrEqual(peak);
  }
});

test('what nobody takes any more leaves', () => {
  const pool = poolOfArrays();
  for (const array of Array.from({ length: 10 }, () => pool.take(100_000))) pool.give(array);
  expect(pool.freeBytes).toBeGreaterThan(10 * 4 * 100_000);
  for (let i = 0; i < 100_000; i++) pool.give(pool.take(10_000));
  expect(pool.freeBytes).toBeLessThan(100_000);
});
