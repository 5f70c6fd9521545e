import { describe, expect, it } from 'vitest';
import { compose } from '../compose.js';
import { exampleInput, numericalGradient } from '../testing.js';
import { cispo } from './cispo.js';
import { reinforce } from './reinforce.js';

const one = {
  logProbs: [-1],
  oldLogProbs: [-3],
  advantages: [2],
  mask: [1],
  shape: [1, 1] as const,
};
const loss = (options = {}) => compose({ surrogate: cispo(options) });

describe('cispo', () => {
  it('weighs A·log π by the capped ratio; a capped token keeps its gradient', () => {
    const { loss: value, gradLogProbs, metrics } = loss({ ratioCap: 5 })(one);
    expect(value).toBe(-5 * 2 * -1);
    expect([...gradLogProbs]).toEqual([-10]);
    expect(metrics.cispo_clip_ratio).toBe(1);
  });

  it('the cap bounds the ratio itself, and says so: 0.2 damps an on-policy token fivefold', () => {
    const { oldLogProbs: _, ...onPolicy } = one;
    expect([...loss({ ratioCap: 0.2 })(onPolicy).gradLogProbs]).toEqual([-0.4]);
    expect([...loss()(onPolicy).gradLogProbs]).toEqual([-2]);
  });

  it('a floor lifts small weights', () => {
    const far = { ...one, oldLogProbs: [3] };
    expect(loss({ ratioFloor: 0.8 })(far).gradLogProbs[0]).toBeCloseTo(-1.6, 14);
  });

  it('has the gradient of its value with the weight held constant', () => {
    const input = exampleInput(3);
    const [B, T] = input.shape;
    const held = Float64Array.from({ length: B * T }, (_, i) => {
      const w = Math.exp(input.logProbs[i] - input.oldLogProbs[i]);
      return Math.min(w, 1.1) * input.advantages[Math.floor(i / T)];
    });
    const frozen = compose({ surrogate: reinforce() });
    const expected = numericalGradient(frozen, { ...input, advantages: held });
    loss({ ratioCap: 1.1 })(input).gradLogProbs.forEach((gradient, i) => {
      expect(gradient).toBeCloseTo(expected[i], 8);
    });
  });

  it('on policy its gradient is that of REINFORCE', () => {
    const { oldLogProbs: _, ...onPolicy } = exampleInput(4);
    const expected = compose({ surrogate: reinforce() })(onPolicy).gradLogProbs;
    expect([...loss()(onPolicy).gradLogProbs]).toEqual([...expected]);
  });

  it('refuses a cap that is not above its floor', () => {
    expect(() => cispo({ ratioCap: 1, ratioFloor: 1 })).toThrow(
      'ratioCap needs a number above ratioFloor',
    );
  });
});
