import { keyedRandom } from '@grpo/random';
import { expect, test } from 'vitest';
import { distinctIntegers } from './distinct-integers.js';

test('all of a range can be drawn, each once', () => {
  const drawn = distinctIntegers(50, 50, keyedRandom('all'));
  expect(drawn.sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
});

test('none can be drawn', () => {
  expect(distinctIntegers(0, 5, keyedRandom('none'))).toEqual([]);
});

test('every set is equally likely', () => {
  const counts = new Map<string, number>();
  for (let i = 0; i < 2000; i++) {
    const set = distinctIntegers(2, 5, keyedRandom('sets', i)).sort().join();
    counts.set(set, (counts.get(set) ?? 0) + 1);
  }
  // Ten sets, 9 degrees of freedom: below 27.9 with probability 0.999.
  const chiSquare = [...counts.values()].reduce((sum, n) => sum + (n - 200) ** 2 / 200, 0);
  expect(counts.size).toBe(10);
  expect(chiSquare).toBeLessThan(27.9);
});
