import { expect, test } from 'vitest';
import { keyedRandom } from './keyed-random.js';
import { shuffled } from './shuffled.js';

test('the order is the golden one of its key', () => {
  // Value of an independent Python implementation of the same definition.
  const items = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
  expect(shuffled(items, keyedRandom(42, 'golden'))).toEqual([3, 9, 4, 2, 6, 0, 1, 5, 7, 8]);
});

test('the items are kept and the input is left as it is', () => {
  const items = Object.freeze(['a', 'b', 'b', 'c', 'd']);
  expect(shuffled(items, keyedRandom(1)).sort()).toEqual(['a', 'b', 'b', 'c', 'd']);
  expect(items).toEqual(['a', 'b', 'b', 'c', 'd']);
});

test('all 24 orders of four items are equally likely', () => {
  const counts = new Map<string, number>();
  for (let epoch = 0; epoch < 4800; epoch++) {
    const order = shuffled(['a', 'b', 'c', 'd'], keyedRandom(3, 'epoch', epoch)).join('');
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  // Chi-square with 23 degrees of freedom: below 49.7 with probability 0.999.
  const chiSquare = [...counts.values()].reduce((sum, n) => sum + (n - 200) ** 2 / 200, 0);
  expect(counts.size).toBe(24);
  expect(chiSquare).toBeLessThan(49.7);
});

test('an empty list and a single item stay as they are', () => {
  expect(shuffled([], keyedRandom(1))).toEqual([]);
  expect(shuffled(['only'], keyedRandom(1))).toEqual(['only']);
});
