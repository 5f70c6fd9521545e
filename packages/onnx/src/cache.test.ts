import { describe, expect, test } from 'vitest';
import { appendToCache, type CachedRows, capacityFor, gatherCache } from './cache.js';

const shape = { layers: 1, keyValueHeads: 2, headSize: 2 };

/** The number that stands for a row's token at a place; keys are positive, values negative. */
const mark = (row: number, head: number, place: number, i: number) =>
  1000 * row + 100 * head + 10 * place + i + 1;

function cacheOf(lengths: readonly number[], capacity: number): CachedRows {
  const keys = new Float32Array(lengths.length * 2 * capacity * 2).fill(Number.NaN);
  for (const [row, length] of lengths.entries())
    for (let head = 0; head < 2; head++)
      for (let place = 0; place < length; place++)
        for (let i = 0; i < 2; i++)
          keys[((row * 2 + head) * capacity + place) * 2 + i] = mark(row, head, place, i);
  return { lengths, capacity, tensors: [keys, keys.map((x) => -x)] };
}

/** What a row holds of a head, place by place. */
function rowOf({ lengths, capacity, tensors }: CachedRows, tensor: number, row: number) {
  return [0, 1].map((head) => {
    const at = (row * 2 + head) * capacity * 2;
    return [...tensors[tensor].subarray(at, at + 2 * lengths[row])];
  });
}

describe('gatherCache', () => {
  test('takes rows of several caches in the order given, repeated ones too', () => {
    const [a, b] = [cacheOf([3, 1], 3), cacheOf([2], 20)];
    const picks = [
      { from: a, row: 1 },
      { from: b, row: 0 },
      { from: a, row: 0 },
      { from: a, row: 0 },
    ];
    const gathered = gatherCache(shape, picks, 16);
    expect(gathered.lengths).toEqual([1, 2, 3, 3]);
    for (const tensor of [0, 1]) {
      expect(rowOf(gathered, tensor, 0)).toEqual(rowOf(a, tensor, 1));
      expect(rowOf(gathered, tensor, 1)).toEqual(rowOf(b, tensor, 0));
      expect(rowOf(gathered, tensor, 2)).toEqual(rowOf(a, tensor, 0));
      expect(rowOf(gathered, tensor, 3)).toEqual(rowOf(a, tensor, 0));
    }
  });

  test('shares no memory with what it was taken from', () => {
    const from = cacheOf([1], 2);
    const gathered = gatherCache(shape, [{ from, row: 0 }], 2);
    gathered.tensors[0].fill(7);
    expect(from.tensors[0][0]).toBe(mark(0, 0, 0, 0));
  });
});

describe('appendToCache', () => {
  const added = [Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8), Float32Array.of(8, 7, 6, 5, 4, 3, 2, 1)];

  test('puts a token behind each row, where that row ends', () => {
    const grown = appendToCache(shape, cacheOf([2, 1], 4), added);
    expect(grown.lengths).toEqual([3, 2]);
    expect(rowOf(grown, 0, 0)).toEqual([
      [1, 2, 11, 12, 1, 2],
      [101, 102, 111, 112, 3, 4],
    ]);
    expect(rowOf(grown, 0, 1)).toEqual([
      [1001, 1002, 5, 6],
      [1101, 1102, 7, 8],
    ]);
    expect(rowOf(grown, 1, 1)).toEqual([
      [-1001, -1002, 4, 3],
      [-1101, -1102, 2, 1],
    ]);
  });

  test('keeps its memory while there is room, and moves to a larger one when there is none', () => {
    const roomy = cacheOf([2, 1], 3);
    const full = appendToCache(shape, roomy, added);
    expect(full.tensors[0]).toBe(roomy.tensors[0]);
    const moved = appendToCache(shape, full, added);
    expect(moved.tensors[0]).not.toBe(full.tensors[0]);
    expect(moved.capacity).toBe(capacityFor(3));
    expect(rowOf(moved, 0, 0)[1]).toEqual([101, 102, 111, 112, 3, 4, 3, 4]);
  });
});

test('a capacity leaves room for 16 places, for an eighth in long sequences', () => {
  expect([1, 16, 17].map(capacityFor)).toEqual([32, 32, 48]);
  expect(capacityFor(1600)).toBe(1808);
});
