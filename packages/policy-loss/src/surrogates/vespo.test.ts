import { describe, expect, it } from 'vitest';
import { compose } from '../compose.js';
import { exampleInput, numericalGradient } from '../testing.js';
import { reinforce } from './reinforce.js';
import { vespo } from './vespo.js';

const input = {
  logProbs: [-1, -2],
  oldLogProbs: [-1.2, -1.9],
  advantages: [1],
  mask: [1, 1],
  shape: [1, 2] as const,
};
const loss = (options = {}) => compose({ surrogate: vespo(options) });
const phi = (logW: number, k: number, lambda: number) =>
  Math.exp(lambda + k * logW - lambda * Math.exp(logW));

describe('vespo', () => {
  it('weighs A·log π by φ of the whole sequence, by the sign of the advantage', () => {
    expect(loss()(input).loss).toBeCloseTo((phi(0.1, 2, 3) * 3) / 2, 14);
    expect(loss()({ ...input, advantages: [-1] }).loss).toBeCloseTo((-phi(0.1, 3, 2) * 3) / 2, 14);
    expect(loss()(input).metrics['vespo/phi_seq_mean']).toBeCloseTo(phi(0.1, 2, 3), 14);
  });

  it('φ is 1 on policy, where its gradient is that of REINFORCE', () => {
    const { oldLogProbs: _, ...onPolicy } = exampleInput(2);
    const expected = compose({ surrogate: reinforce() })(onPolicy).gradLogProbs;
    expect([...loss()(onPolicy).gradLogProbs]).toEqual([...expected]);
  });

  it('has the gradient of its value with φ held constant', () => {
    const example = exampleInput(3);
    const [B, T] = example.shape;
    const held = Float64Array.from({ length: B * T }, (_, i) => {
      const b = Math.floor(i / T);
      let logW = 0;
      for (let t = 0; t < T; t++) {
        const at = b * T + t;
        if (example.mask[at] === 1) logW += example.logProbs[at] - example.oldLogProbs[at];
      }
      const A = example.advantages[b];
      return (A >= 0 ? phi(logW, 2, 3) : phi(logW, 3, 2)) * A;
    });
    const expected = numericalGradient(compose({ surrogate: reinforce() }), {
      ...example,
      advantages: held,
    });
    loss()(example).gradLogProbs.forEach((gradient, i) => {
      expect(gradient).toBeCloseTo(expected[i], 8);
    });
  });

  it("the sampler's weights go inside φ and are described", () => {
    const samplerCorrection = { name: 'importance-sampling', max: 1.1 };
    const { loss: value, metrics } = loss({ samplerCorrection })({
      ...input,
      samplerLogProbs: [-2.2, -1.9],
    });
    expect(value).toBeCloseTo((phi(0.1 + Math.log(1.1), 2, 3) * 3) / 2, 14);
    expect(metrics['sampling/importance_sampling_ratio/max']).toBe(1.1);
  });

  it('far off the policy φ vanishes instead of exploding', () => {
    expect(Math.abs(loss()({ ...input, oldLogProbs: [-500, -500] }).loss)).toBe(0);
    expect(loss()({ ...input, oldLogProbs: [500, 500] }).loss).toBeLessThan(1e-9);
  });

  it('refuses a correction that nobody registered', () => {
    expect(() => vespo({ samplerCorrection: '' })).toThrow("no correction is named ''");
  });
});
