import { describe, expect, it } from 'vitest';
import { lengthAdaptiveLambda } from './length-adaptive-lambda.js';

describe('lengthAdaptiveLambda', () => {
  it('spreads credit over the share α of a sequence: Σ λᵗ = α·l', () => {
    const [lambda] = lengthAdaptiveLambda([200], { alpha: 0.05 });
    expect(1 / (1 - lambda)).toBeCloseTo(0.05 * 200, 12);
  });

  it('grows with the length and stays in [0, 1), also for sequences shorter than 1/α', () => {
    expect([...lengthAdaptiveLambda([0, 10, 20, 40])]).toEqual([0, 0, 0, 0.5]);
    expect(lengthAdaptiveLambda([1e9])[0]).toBeLessThan(1);
  });

  it('refuses an α that is not above 0', () => {
    expect(() => lengthAdaptiveLambda([1], { alpha: 0 })).toThrow('alpha needs a number above 0');
  });
});
