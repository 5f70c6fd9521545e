import { keyedRandom } from '@grpo/random';
import { expect, it } from 'vitest';
import { minibatches, split } from './minibatches.js';

it.each([
  [5, 2, 3],
  [64, 64, 1],
  [65, 64, 2],
  [7, 100, 1],
  [9, 4, 3],
])(
  '%d units in minibatches of at most %d: %d, each unit once, sizes that differ by at most one',
  (count, size, parts) => {
    const batches = minibatches(count, size, keyedRandom(1));
    expect(batches).toHaveLength(parts);
    const sizes = batches.map((units) => units.length);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(size);
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    expect(batches.flat().sort((a, b) => a - b)).toEqual(
      Array.from({ length: count }, (_, i) => i),
    );
  },
);

it('the order belongs to the key', () => {
  const order = (...key: number[]) => minibatches(20, 5, keyedRandom(...key)).flat();
  expect(order(1)).toEqual(order(1));
  expect(order(1)).not.toEqual(order(2));
});

it('no units make no minibatches', () => {
  expect(minibatches(0, 4, keyedRandom(1))).toEqual([]);
});

it('split keeps the order', () => {
  expect(split(['a', 'b', 'c', 'd', 'e'], 2)).toEqual([['a'], ['b', 'c'], ['d', 'e']]);
});

it.each([0, -1, 1.5, Number.NaN])('refuses the size %d', (size) => {
  expect(() => minibatches(4, size, keyedRandom(1))).toThrow(
    `minibatches: needs a size that is a positive integer, got ${size}`,
  );
});
