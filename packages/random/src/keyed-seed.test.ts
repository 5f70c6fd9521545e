import { expect, test } from 'vitest';
import { keyedSeed } from './keyed-seed.js';

// Values of an independent Python implementation of the same definition.
test.each([
  { key: [42, 'env', 0, 3], seed: 3822989561 },
  { key: [], seed: 0 },
  { key: [1], seed: 2990531686 },
  { key: ['1'], seed: 1563050921 },
  { key: ['a', 'b'], seed: 1649979146 },
  { key: ['ab'], seed: 3657472443 },
  { key: ['grüße 🌍'], seed: 2433444787 },
])('the seed of $key is $seed on every machine', ({ key, seed }) => {
  expect(keyedSeed(...key)).toBe(seed);
});

test('parts keep their kinds, borders and order', () => {
  const keys = [
    [],
    [''],
    ['', ''],
    ['a', 'b'],
    ['b', 'a'],
    ['ab'],
    ['ab', ''],
    ['a\0'],
    ['a'],
    [1],
    ['1'],
    [1, 0],
    [0, 1],
    [10],
    [0],
    [1.5],
    [-1],
    [Number.MAX_SAFE_INTEGER],
  ];
  expect(new Set(keys.map((key) => keyedSeed(...key))).size).toBe(keys.length);
});

test('minus zero is the same key as zero', () => {
  expect(keyedSeed('step', -0)).toBe(keyedSeed('step', 0));
});

test('a number that is not finite is refused with the key', () => {
  expect(() => keyedSeed('step', Number.NaN)).toThrow(
    'keyedSeed: every part of a key must be a string or a finite number, got NaN in ["step", NaN]',
  );
});

test('the seeds of neighbouring keys fill 64 bins evenly', () => {
  const bins = new Array<number>(64).fill(0);
  for (let step = 0; step < 100; step++) {
    for (let episode = 0; episode < 64; episode++) {
      const bin = keyedSeed(7, 'env', step, episode) >>> 26;
      bins[bin] = (bins[bin] ?? 0) + 1;
    }
  }
  // Chi-square with 63 degrees of freedom: below 103.4 with probability 0.999.
  const chiSquare = bins.reduce((sum, count) => sum + (count - 100) ** 2 / 100, 0);
  expect(chiSquare).toBeLessThan(103.4);
});
