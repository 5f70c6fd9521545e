import { expect, test } from 'vitest';
import { llamaConfigJson, parseModelConfig } from '../architectures/config.js';
import { checkBatch, selectTokens, toTokenBatch } from './token-batch.js';

const batch = toTokenBatch([
  { ids: [5, 6, 7], mask: [false, false, true] },
  { ids: [8, 9], mask: [false, true] },
]);
const config = parseModelConfig(
  llamaConfigJson({
    vocabularySize: 10,
    hiddenSize: 4,
    intermediateSize: 4,
    layers: 1,
    heads: 2,
    keyValueHeads: 1,
    headSize: 2,
    normEpsilon: 1e-5,
    ropeTheta: 10_000,
    contextLength: 3,
    tiedEmbeddings: true,
    initializerRange: 0.02,
  }),
  'test',
);

test('sequences are padded on the right', () => {
  expect(batch.shape).toEqual([2, 3]);
  expect([...batch.ids]).toEqual([5, 6, 7, 8, 9, 0]);
  expect([...batch.mask]).toEqual([0, 0, 1, 0, 1, 0]);
  expect([...batch.lengths]).toEqual([3, 2]);
});

test('a token is predicted by the row before it', () => {
  const { rows, targets, at } = selectTokens(batch);
  expect([...at]).toEqual([2, 4]);
  expect([...rows]).toEqual([1, 3]);
  expect([...targets]).toEqual([7, 9]);
});

test('what the model cannot score is refused with the numbers', () => {
  const check = (ids: number[], mask: boolean[]) => () =>
    checkBatch(toTokenBatch([{ ids, mask }]), config);
  expect(check([1, 2, 3, 4], [false, true, true, true])).toThrow('at most 3 tokens, got 4');
  expect(check([1, 2], [true, true])).toThrow('needs mask 0 at the first token');
  expect(check([1, 10], [false, true])).toThrow('needs token ids from 0 to 9, got 10');
  expect(() => checkBatch({ ...batch, mask: new Uint8Array(5) }, config)).toThrow('got 6, 5 and 2');
});
