import { describe, expect, it } from 'vitest';
import { clipped } from '../clipped.js';
import { compose } from '../compose.js';
import { exampleInput } from '../testing.js';
import { gmpo } from './gmpo.js';

const input = {
  logProbs: [-1, -2, -3],
  oldLogProbs: [-2, -2.1, -2.9],
  advantages: [2],
  mask: [1, 1, 1],
  shape: [1, 3] as const,
};
const loss = (options = {}) => compose({ surrogate: gmpo(options), reduction: 'sequence-mean' });

describe('gmpo', () => {
  it('clips log-ratios on the side of the advantage, then takes their geometric mean', () => {
    expect(loss()(input).loss).toBeCloseTo(-2 * Math.exp((0.4 + 0.1 - 0.1) / 3), 14);
    expect(loss()({ ...input, advantages: [-2] }).loss).toBeCloseTo(2 * Math.exp(1 / 3), 14);
  });

  it('a clipped token has no gradient, the others share it', () => {
    const w = Math.exp(0.4 / 3);
    const [first, second, third] = loss()(input).gradLogProbs;
    expect(Math.abs(first)).toBe(0);
    expect(second).toBeCloseTo((-2 * w) / 3, 14);
    expect(third).toBe(second);
  });

  it('with bounds that never bite it is GSPO without a clip', () => {
    const example = exampleInput(2);
    const gspo = compose({
      surrogate: clipped({ epsilon: 1 - 1e-12, epsilonHigh: 1e9 }),
      ratio: 'sequence',
      reduction: 'sequence-mean',
    });
    const wide = loss({ epsilon: 50 })(example);
    expect(wide.loss).toBeCloseTo(gspo(example).loss, 12);
    wide.gradLogProbs.forEach((gradient, i) => {
      expect(gradient).toBeCloseTo(gspo(example).gradLogProbs[i], 12);
    });
  });

  it('counts clipped tokens on the side that was clipped', () => {
    const { metrics } = loss()(input);
    expect(metrics['clip_ratio/high_mean']).toBeCloseTo(1 / 3, 15);
    expect(metrics['clip_ratio/low_mean']).toBe(0);
  });

  it('refuses a bound of 0', () => {
    expect(() => gmpo({ epsilon: 0 })).toThrow('bounds need numbers above 0');
  });
});
