import { expect, test } from 'vitest';
import { datasetFromRows } from './dataset-from-rows.js';
import { splitDataset } from './split-dataset.js';

const prompts = (count: number) => Array.from({ length: count }, (_, i) => ({ prompt: `p${i}` }));
const dataset = datasetFromRows(prompts(20), { name: 'all' });
const ids = (tasks: readonly { readonly id: string }[]) => tasks.map(({ id }) => id);

test('every task is on exactly one side, in its old order and under its old id', () => {
  const { train, heldOut } = splitDataset(dataset, { heldOut: 6, seed: 1 });
  expect([train.name, heldOut.name]).toEqual(['all/train', 'all/held-out']);
  expect(heldOut.tasks).toHaveLength(6);
  const isHeldOut = new Set(ids(heldOut.tasks));
  expect(ids(train.tasks)).toEqual(ids(dataset.tasks).filter((id) => !isHeldOut.has(id)));
  expect(ids(heldOut.tasks)).toEqual(ids(dataset.tasks).filter((id) => isHeldOut.has(id)));
});

test('the seed decides', () => {
  const heldOut = (seed: number) =>
    ids(splitDataset(dataset, { heldOut: 6, seed }).heldOut.tasks).join();
  expect(heldOut(1)).toBe(heldOut(1));
  expect(heldOut(1)).not.toBe(heldOut(2));
});

test('a share below 1 is a share of the tasks', () => {
  expect(splitDataset(dataset, { heldOut: 0.25, seed: 1 }).heldOut.tasks).toHaveLength(5);
});

test('tasks with the same messages stay together', () => {
  const twice = datasetFromRows([...prompts(10), ...prompts(10)]);
  for (let seed = 0; seed < 10; seed++) {
    const { train, heldOut } = splitDataset(twice, { heldOut: 7, seed });
    const seen = new Set(train.tasks.map(({ row }) => row.prompt));
    expect(heldOut.tasks).toHaveLength(6);
    expect(heldOut.tasks.filter(({ row }) => seen.has(row.prompt))).toEqual([]);
  }
});

test('another key can say what belongs together', () => {
  const key = ({ row }: { readonly row: { readonly prompt?: unknown } }) =>
    String(row.prompt).length.toString(); // p0 … p9 are one group, p10 … p19 another
  const { heldOut } = splitDataset(dataset, { heldOut: 10, seed: 3, key });
  expect([ids(dataset.tasks).slice(0, 10).join(), ids(dataset.tasks).slice(10).join()]).toContain(
    ids(heldOut.tasks).join(),
  );
});

test.each([0, 20, 21, -1, 1.5, 0.01, Number.NaN])('holding out %s of 20 is refused', (heldOut) => {
  expect(() => splitDataset(dataset, { heldOut, seed: 1 })).toThrow(
    `splitDataset: heldOut must leave at least one task on each side, got ${heldOut} of 20 tasks (20 different) in all.`,
  );
});

test('tasks that are all the same cannot be split', () => {
  const same = datasetFromRows([{ prompt: 'x' }, { prompt: 'x' }]);
  expect(() => splitDataset(same, { heldOut: 1, seed: 1 })).toThrow('of 2 tasks (1 different)');
});
