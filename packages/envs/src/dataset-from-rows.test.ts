import { expect, test } from 'vitest';
import { datasetFromRows } from './dataset-from-rows.js';

test('rows become tasks that are named by their place', () => {
  const rows = [
    { prompt: '1+1', answer: '2' },
    { prompt: '1+2', answer: '3' },
  ];
  const { name, tasks } = datasetFromRows(rows, { name: 'sums' });
  expect(name).toBe('sums');
  expect(tasks.map(({ id }) => id)).toEqual(['sums[0]', 'sums[1]']);
  expect(tasks.map(({ row }) => row)).toEqual(rows);
});

test('a malformed row and an empty list are named', () => {
  expect(() => datasetFromRows([{ prompt: 'x' }, {}])).toThrow('at rows[1], got no columns');
  expect(() => datasetFromRows([], { name: 'sums' })).toThrow(
    'datasetFromRows: needs at least one row, got none in sums.',
  );
});
