import { describe, expect, it } from 'vitest';
import { covariances, topPositions } from './covariance.js';
import { prepare } from './prepare.js';
import { tokenRatios } from './ratios.js';

const batch = prepare(
  { logProbs: [-1, -3, -2, -99], advantages: [2, 0, 1, 99], mask: [1, 1, 1, 0], shape: [1, 4] },
  tokenRatios,
);

describe('covariance', () => {
  it('is the product of both distances from their means over unmasked tokens', () => {
    expect([...covariances(batch)].slice(0, 3)).toEqual([1, 1, 0]);
  });

  it('the top is a share of the unmasked tokens, at least one, ties in order', () => {
    const values = Float64Array.of(1, 5, 1, 100);
    expect(topPositions(batch, values, 1e-9)).toEqual([1]);
    expect(topPositions(batch, values, 0.7)).toEqual([1, 0]);
    expect(topPositions(batch, values, 1)).toEqual([1, 0, 2]);
  });
});
