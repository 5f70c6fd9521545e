import { describe, expect, it } from 'vitest';
import { dapoLoss } from './losses.js';
import { maskTruncated } from './mask-truncated.js';

describe('maskTruncated', () => {
  it('takes whole rows out and leaves the others as they are', () => {
    expect([...maskTruncated([1, 1, 1, 0], [true, false], [2, 2])]).toEqual([0, 0, 1, 0]);
  });

  it('takes their tokens out of the denominator too', () => {
    const input = { logProbs: [-1, -1, -1, -1], advantages: [5, 1], shape: [2, 2] as const };
    const mask = maskTruncated([1, 1, 1, 1], [true, false], [2, 2]);
    expect(dapoLoss()({ ...input, mask }).loss).toBe(-1);
  });

  it('refuses flags that do not fit', () => {
    expect(() => maskTruncated([1, 1], [true], [2, 1])).toThrow('2 flags, got 2 and 1');
  });
});
