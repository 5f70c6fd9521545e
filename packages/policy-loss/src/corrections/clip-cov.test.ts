import { describe, expect, it } from 'vitest';
import { prepare } from '../prepare.js';
import { tokenRatios } from '../ratios.js';
import { clipCov } from './clip-cov.js';

// Covariances: 4, 4, 0, 0, and far above the band at the end.
const input = {
  logProbs: [-1, -5, -3, -3, -3],
  advantages: [2, -2, 0, 0, 0],
  mask: [1, 1, 1, 1, 1],
  shape: [1, 5] as const,
};
const apply = (options: Parameters<typeof clipCov>[0], change: object = {}) =>
  clipCov(options)(prepare({ ...input, ...change }, tokenRatios));

describe('clipCov', () => {
  it('drops tokens of the band, a share of all tokens', () => {
    expect([...apply({ fraction: 1 }).weights]).toEqual([0, 0, 1, 1, 1]);
    expect([...apply({ fraction: 1, most: 3 }).weights]).toEqual([1, 1, 1, 1, 1]);
    const { weights, metrics } = apply({ fraction: 0.2 });
    expect(weights.filter((w) => w === 0)).toHaveLength(1);
    expect(metrics).toEqual({ 'clip_cov/dropped': 0.2 });
  });

  it('drops at least one where any is eligible, and none where none is', () => {
    expect(apply({ fraction: 1e-9 }).weights.filter((w) => w === 0)).toHaveLength(1);
    expect(apply({ least: 100, most: 200 }).metrics).toEqual({ 'clip_cov/dropped': 0 });
  });

  it('leaves tokens alone that are clipped already', () => {
    const oldLogProbs = [-2, -5, -3, -3, -3];
    expect([...apply({ fraction: 1 }, { oldLogProbs }).weights]).toEqual([1, 0, 1, 1, 1]);
  });

  it('draws the same tokens for the same batch, and others for another seed', () => {
    const wide = {
      logProbs: Array.from({ length: 40 }, (_, i) => (i % 2 ? -1 : -5)),
      advantages: Array.from({ length: 40 }, (_, i) => (i % 2 ? 2 : -2)),
      mask: new Array(40).fill(1),
      shape: [1, 40],
    };
    const draw = (seed: number) => apply({ fraction: 0.25, seed }, wide).weights.join('');
    expect(draw(1)).toBe(draw(1));
    expect(new Set([0, 1, 2, 3].map(draw)).size).toBeGreaterThan(1);
  });

  it('refuses a share outside (0, 1]', () => {
    expect(() => clipCov({ fraction: 2 })).toThrow('fraction needs a number in (0, 1], got 2');
  });
});
