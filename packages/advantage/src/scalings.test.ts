import { describe, expect, it } from 'vitest';
import {
  batchStd,
  differenceStd,
  divisor,
  groupMeanScale,
  groupStd,
  noScaling,
} from './scalings.js';
import { score } from './score.js';

const scored = score({
  rewards: [[1], [3], [2], [6], [null]],
  groupIds: ['a', 'a', 'b', 'b', 'b'],
});
const none = new Float64Array(5);

describe('scalings', () => {
  it('the group deviation divides a completion of that group', () => {
    const divisors = groupStd({ epsilon: 0 }).divisors(scored, none);
    const a = Math.SQRT2;
    const b = Math.sqrt(8);
    expect([...divisors]).toEqual([a, a, b, b, b]);
  });

  it('the batch deviation is the same for all, and ignores what has no score', () => {
    const [divisorOfAll] = batchStd({ epsilon: 0 }).divisors(scored, none);
    expect(divisorOfAll).toBeCloseTo(Math.sqrt(14 / 3), 15);
  });

  it('the deviation of differences is taken of what the baseline left', () => {
    const differences = Float64Array.of(-1, 1, -2, 2, Number.NaN);
    const [divisorOfAll] = differenceStd({ epsilon: 0 }).divisors(scored, differences);
    expect(divisorOfAll).toBeCloseTo(Math.sqrt(10 / 3), 15);
  });

  it('the group mean is a scale only where it is above 0', () => {
    expect([...groupMeanScale().divisors(scored, none)]).toEqual([2, 2, 4, 4, 4]);
    const zero = score({ rewards: [[0], [0]], groupIds: [1, 1] });
    expect([...groupMeanScale().divisors(zero, none)]).toEqual([Number.NaN, Number.NaN]);
    const negative = score({ rewards: [[-1], [2]], groupIds: [1, 1] });
    expect(() => groupMeanScale().divisors(negative, none)).toThrow('got -1 at [0]');
  });

  it('no scaling divides by 1', () => {
    expect([...noScaling().divisors(scored, none)]).toEqual([1, 1, 1, 1, 1]);
  });

  it('epsilon stands beside the deviation, inside the root, or as its floor', () => {
    const values = [1, 2, 3];
    expect(divisor(values, { epsilon: 0.5 })).toBe(1.5);
    expect(divisor(values, { epsilon: 3, epsilonPlacement: 'inside' })).toBe(2);
    expect(divisor(values, { epsilon: 0.5, epsilonPlacement: 'floor' })).toBe(1);
    expect(divisor([1, 1], { epsilon: 0.5, epsilonPlacement: 'floor' })).toBe(0.5);
    expect(divisor(values, { epsilon: 0, sample: false })).toBeCloseTo(Math.sqrt(2 / 3), 15);
    expect(divisor([1], {})).toBeNaN();
  });
});
