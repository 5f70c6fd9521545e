import { describe, expect, it } from 'vitest';
import { mean, median, standardDeviation } from './statistics.js';

describe('statistics', () => {
  it('equal values have exactly their value as mean and exactly 0 as deviation', () => {
    for (const value of [0.1, 1 / 3, 1e15 + 1, -7e-300]) {
      const values = new Array(7).fill(value);
      expect(mean(values)).toBe(value);
      expect(standardDeviation(values)).toBe(0);
    }
  });

  it('a large offset costs no digits', () => {
    const values = [1, 2, 4, 8];
    const far = values.map((value) => value + 1e9);
    expect(standardDeviation(far)).toBeCloseTo(standardDeviation(values), 12);
  });

  it('divides squares by n − 1, or by n if asked', () => {
    expect(standardDeviation([1, 2, 3])).toBe(1);
    expect(standardDeviation([1, 2, 3], { sample: false })).toBeCloseTo(Math.sqrt(2 / 3), 15);
  });

  it('has no mean of nothing and no deviation of one', () => {
    expect(mean([])).toBeNaN();
    expect(median([])).toBeNaN();
    expect(standardDeviation([3])).toBeNaN();
    expect(standardDeviation([3], { sample: false })).toBe(0);
  });

  it('the median stands in the middle, whatever the order', () => {
    expect(median([5])).toBe(5);
    expect(median([3, 1, 2])).toBe(2);
    expect(median([3, 1, 2, 10])).toBe(2.5);
  });
});
