import { keyedRandom } from '@grpo/random';
import { expect, test } from 'vitest';
import { selectLargest } from './select-largest.js';

const one = () => 1;
const itself = (value: number) => value;

test('the k largest numbers end at the k-th', () => {
  const values = () => Float64Array.of(3, 9, 1, 7, 5);
  expect([1, 2, 3, 4, 5].map((k) => selectLargest(values(), k, one).value)).toEqual([
    9, 7, 5, 3, 1,
  ]);
  expect(selectLargest(values(), 50, one).value).toBe(1);
});

test('equal numbers at the edge are counted', () => {
  const values = () => Float64Array.of(2, 5, 2, 2, 4);
  expect(selectLargest(values(), 3, one)).toEqual({ value: 2, ties: 1 });
  expect(selectLargest(values(), 4, one)).toEqual({ value: 2, ties: 2 });
  expect(selectLargest(Float64Array.of(1, 1, 1, 1), 2, itself)).toEqual({ value: 1, ties: 2 });
  expect(selectLargest(Float64Array.of(0, 0), 1, itself)).toEqual({ value: 0, ties: 2 });
});

test('a set that sums to a target is the one that sorting finds', () => {
  const random = keyedRandom('select');
  for (let round = 0; round < 300; round++) {
    const size = 1 + random.integer(40);
    // Halves of whole numbers: sums are exact, and many are equal.
    const values = Float64Array.from({ length: size }, () => random.integer(12) / 2);
    const target = (0.25 + random.integer(size * 8)) / 4;
    const sorted = [...values].sort((a, b) => b - a);
    let [sum, count] = [0, 0];
    while (count < size && sum < target) sum += sorted[count++];
    if (sum < target) continue;
    const { value, ties } = selectLargest(values, target, itself);
    const larger = sorted.filter((other) => other > value).length;
    expect({ value, count: larger + ties }).toEqual({ value: sorted[count - 1], count });
  }
});

test('a vocabulary of 151,936 falls to the same cut as by sorting', () => {
  const random = keyedRandom('vocabulary');
  const values = Float64Array.from({ length: 151_936 }, () => random.normal());
  const sorted = Float64Array.from(values).sort();
  expect(selectLargest(values, 1000, one).value).toBe(sorted[sorted.length - 1000]);
});
