import { expect, test } from 'vitest';
import { packBatch } from './packing.js';
import { toTokenBatch } from './token-batch.js';

const sequence = (
  prompt: readonly number[],
  completion: readonly number[],
  own = completion.map(() => true),
) => ({
  ids: [...prompt, ...completion],
  mask: [...prompt.map(() => false), ...own],
});

test('a prompt is run once, completions without padding and without their last token', () => {
  const batch = toTokenBatch([
    sequence([1, 2, 3], [4, 5]),
    sequence([7], [8, 9, 6]),
    sequence([1, 2, 3], [6]),
  ]);
  const packing = packBatch(batch);
  expect([...packing.ids]).toEqual([1, 2, 3, 7, 4, 8, 9]);
  expect([...packing.positions]).toEqual([0, 1, 2, 0, 3, 1, 2]);
  expect(packing.promptLengths).toEqual([3, 1]);
  expect(packing.completionLengths).toEqual([1, 2, 0]);
  expect(packing.promptOf).toEqual([0, 1, 0]);
  // Tokens 4, 5 | 8, 9, 6 | 6 are predicted from the rows before them; T is 5.
  expect([...packing.rowsOf(Int32Array.of(2, 3, 5, 6, 7, 12))]).toEqual([2, 4, 3, 5, 6, 2]);
});

test('tokens of the environment between the model’s are run, those after them are not', () => {
  const batch = toTokenBatch([sequence([1], [2, 3, 4, 5, 6], [true, false, true, false, false])]);
  const packing = packBatch(batch);
  expect([...packing.ids]).toEqual([1, 2, 3]);
  expect(packing.completionLengths).toEqual([2]);
});

test('a sequence that the loss does not look at costs nothing', () => {
  const batch = toTokenBatch([
    { ids: [1, 2, 3], mask: [false, false, false] },
    sequence([1, 2], [3]),
  ]);
  const packing = packBatch(batch);
  expect([...packing.ids]).toEqual([1, 2]);
  expect(packing.promptOf).toEqual([0]);
});

test('prompts that differ in length alone are not shared', () => {
  const packing = packBatch(toTokenBatch([sequence([1, 2], [3]), sequence([1], [2, 3])]));
  expect(packing.promptLengths).toEqual([2, 1]);
});
