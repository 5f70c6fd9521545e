import { expect, test } from 'vitest';
import { taskBatch } from './task-batch.js';

const dataset = (count: number) => ({
  name: 'numbers',
  tasks: Array.from({ length: count }, (_, i) => ({ id: String(i), messages: [], row: {} })),
});
const ids = (count: number, seed: number, step: number, size: number) =>
  taskBatch(dataset(count), { seed, step, size }).map(({ id }) => id);

test('an epoch holds every task once, in an order of its own', () => {
  const epochs = [0, 1].map((e) => [0, 1, 2].flatMap((i) => ids(12, 7, 3 * e + i, 4)));
  for (const epoch of epochs) expect(new Set(epoch).size).toBe(12);
  expect(epochs[1]).not.toEqual(epochs[0]);
});

test('a batch depends on seed and step alone', () => {
  expect(ids(12, 7, 2, 4)).toEqual(ids(12, 7, 2, 4));
  expect(ids(12, 8, 2, 4)).not.toEqual(ids(12, 7, 2, 4));
});

test('the first batch of a seed is the same in every version', () => {
  expect(ids(12, 42, 0, 4)).toEqual(['11', '0', '5', '3']);
});

test('a batch that crosses the end of an epoch takes from both', () => {
  const all = [0, 1, 2].flatMap((step) => ids(5, 1, step, 3));
  expect(new Set(all.slice(0, 5)).size).toBe(5);
  expect(all.length).toBe(9);
});

test('the size of the batches does not change the order of the tasks', () => {
  const inThrees = [0, 1, 2, 3].flatMap((step) => ids(5, 1, step, 3));
  const inFours = [0, 1, 2].flatMap((step) => ids(5, 1, step, 4));
  expect(inThrees).toEqual(inFours);
});

test('a batch may be larger than the dataset', () => {
  expect(ids(2, 1, 0, 5).sort().join('')).toMatch(/^00(0|1)11$/);
});

test('an empty dataset is an error that names it', () => {
  expect(() => ids(0, 1, 0, 1)).toThrow('got none in numbers');
});

test.each([
  [-1, 4],
  [0.5, 4],
  [0, 0],
  [0, 2.5],
  [Number.NaN, 1],
])('step %s with size %s is refused', (step, size) => {
  expect(() => ids(12, 1, step, size)).toThrow(`got step ${step} and size ${size}`);
});
