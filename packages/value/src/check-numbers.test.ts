import { expect, it } from 'vitest';
import { checkNumbers } from './check-numbers.js';

it('lets finite numbers of the right length pass', () => {
  expect(() => checkNumbers('f', 2, { a: [1, -2], b: Float32Array.of(0, 3) })).not.toThrow();
  expect(() => checkNumbers('f', 0, { a: [] })).not.toThrow();
});

it('names the array, what it needs and what it got', () => {
  expect(() => checkNumbers('f', 2, { a: [1, 2], b: [1] })).toThrow(
    'f: b needs shape [2], got [1]',
  );
});

it.each([Number.NaN, Number.POSITIVE_INFINITY])('names the place of %d', (bad) => {
  expect(() => checkNumbers('f', 3, { a: [1, bad, 2] })).toThrow(
    `f: a needs finite numbers, got ${bad} at [1]`,
  );
});
