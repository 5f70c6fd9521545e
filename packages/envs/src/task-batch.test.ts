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

test('a batch that crosses the end of an epoch takes from both', () => {
  const all = [0, 1, 2].flatMap((step) => ids(5, 1, step, 3));
  expect(new Set(all.slice(0, 5)).size).toBe(5);
  expect(all.length).toBe(9);
});

test('a batch may be larger than the dataset', () => {
  expect(ids(2, 1, 0, 5).length).toBe(5);
});

test('an empty dataset is an error that names it', () => {
  expect(() => ids(0, 1, 0, 1)).toThrow('got none in numbers');
});
