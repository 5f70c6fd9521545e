import { describe, expect, it } from 'vitest';
import { compose } from '../compose.js';
import { exampleInput, numericalGradient } from '../testing.js';
import { dppo } from './dppo.js';
import { reinforce } from './reinforce.js';

const at = (p: number, old: number, A: number, options = {}) =>
  compose({ surrogate: dppo(options) })({
    logProbs: [Math.log(p)],
    oldLogProbs: [Math.log(old)],
    advantages: [A],
    mask: [1],
    shape: [1, 1],
  });
const isKept = (...args: Parameters<typeof at>) => at(...args).gradLogProbs[0] !== 0;

describe('dppo', () => {
  it('tv: drops a token whose probability moved too far the way its advantage points', () => {
    expect(isKept(0.5, 0.3, 1)).toBe(false);
    expect(isKept(0.5, 0.3, -1)).toBe(true);
    expect(isKept(0.3, 0.5, -1)).toBe(false);
    expect(isKept(0.3, 0.5, 1)).toBe(true);
    expect(isKept(0.4, 0.3, 1)).toBe(true);
  });

  it('keeps a rare token whose ratio is huge while its probability hardly moved', () => {
    const { gradLogProbs } = at(1e-3, 1e-4, 1);
    expect(gradLogProbs[0]).toBeCloseTo(-10, 9);
    expect(at(1e-3, 1e-5, 1).gradLogProbs[0]).toBeCloseTo(-20, 9);
  });

  it('kl: drops by the divergence of the token against all others, away from the old policy', () => {
    const options = { divergence: 'kl' } as const;
    const D = 0.3 * Math.log(0.3 / 0.5) + 0.7 * Math.log(0.7 / 0.5);
    expect(isKept(0.5, 0.3, 1, { ...options, threshold: D - 0.001 })).toBe(false);
    expect(isKept(0.5, 0.3, 1, { ...options, threshold: D + 0.001 })).toBe(true);
    expect(isKept(0.5, 0.3, -1, { ...options, threshold: D - 0.001 })).toBe(true);
    expect(isKept(0.3, 0.9, -1, options)).toBe(false);
  });

  it('kl: a token that is certain stays finite', () => {
    expect(Number.isFinite(at(1, 0.9, 1, { divergence: 'kl' }).loss)).toBe(true);
  });

  it('on policy its gradient is that of REINFORCE, and nothing is dropped', () => {
    const { oldLogProbs: _, ...onPolicy } = exampleInput(2);
    const { gradLogProbs, metrics } = compose({ surrogate: dppo() })(onPolicy);
    const expected = compose({ surrogate: reinforce() })(onPolicy).gradLogProbs;
    expect([...gradLogProbs]).toEqual([...expected]);
    expect(metrics['dppo/masked']).toBe(0);
  });

  it('has the gradient of its value with weight and selection held constant', () => {
    const input = exampleInput(3);
    for (const divergence of ['tv', 'kl'] as const) {
      const loss = compose({ surrogate: dppo({ divergence, threshold: 0.02, ratioCap: 1.2 }) });
      const { gradLogProbs, metrics } = loss(input);
      expect(metrics['dppo/masked']).toBeGreaterThan(0);
      const [B, T] = input.shape;
      const held = Float64Array.from({ length: B * T }, (_, i) => {
        const w = Math.min(Math.exp(input.logProbs[i] - input.oldLogProbs[i]), 1.2);
        const isDropped = input.mask[i] === 1 && gradLogProbs[i] === 0;
        return isDropped ? 0 : w * input.advantages[Math.floor(i / T)];
      });
      const frozen = compose({ surrogate: reinforce() });
      const expected = numericalGradient(frozen, { ...input, advantages: held });
      gradLogProbs.forEach((gradient, i) => {
        expect(gradient).toBeCloseTo(expected[i], 8);
      });
    }
  });

  it('counts what it dropped', () => {
    expect(at(0.5, 0.3, 1).metrics['dppo/masked']).toBe(1);
  });

  it('refuses a bound of 0', () => {
    expect(() => dppo({ threshold: 0 })).toThrow('bounds need numbers above 0');
  });
});
