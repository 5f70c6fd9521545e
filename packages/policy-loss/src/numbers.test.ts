import { describe, expect, it } from 'vitest';
import { boundedExp, clamp, LOG_LIMIT, maskedMean, rowSums } from './numbers.js';

describe('numbers', () => {
  it('clamp keeps a number within its bounds', () => {
    expect([clamp(-1, 0, 2), clamp(1, 0, 2), clamp(3, 0, 2)]).toEqual([0, 1, 2]);
  });

  it('boundedExp is exp inside its bound and finite outside', () => {
    expect(boundedExp(3)).toBe(Math.exp(3));
    expect(boundedExp(1e9)).toBe(Math.exp(LOG_LIMIT));
    expect(boundedExp(-1e9)).toBeGreaterThan(0);
    expect(Math.fround(boundedExp(1e9))).toBeLessThan(Number.POSITIVE_INFINITY);
  });

  it('rowSums adds up each row', () => {
    expect([...rowSums(Float64Array.of(1, 2, 3, 4, 5, 6), [2, 3])]).toEqual([6, 15]);
    expect([...rowSums(new Float64Array(0), [2, 0])]).toEqual([0, 0]);
  });

  it('maskedMean never looks at masked positions, and is 0 of nothing', () => {
    expect(maskedMean(Float64Array.of(1, Number.NaN, 3), Float64Array.of(1, 0, 1))).toBe(2);
    expect(maskedMean(Float64Array.of(7), Float64Array.of(0))).toBe(0);
  });
});
