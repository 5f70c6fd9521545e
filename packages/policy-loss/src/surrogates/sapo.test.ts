import { describe, expect, it } from 'vitest';
import { compose } from '../compose.js';
import { exampleInput } from '../testing.js';
import { reinforce } from './reinforce.js';
import { sapo } from './sapo.js';

const at = (ratio: number, A: number, options = {}) =>
  compose({ surrogate: sapo(options) })({
    logProbs: [Math.log(ratio)],
    oldLogProbs: [0],
    advantages: [A],
    mask: [1],
    shape: [1, 1],
  });

describe('sapo', () => {
  it('is −(4/τ)·σ(τ·(w − 1))·A', () => {
    expect(at(1, 3).loss).toBeCloseTo(-6, 14);
    expect(at(1.5, 1, { temperaturePositive: 2 }).loss).toBeCloseTo(-2 / (1 + Math.exp(-1)), 14);
    expect(at(1.5, -1, { temperatureNegative: 2 }).loss).toBeCloseTo(2 / (1 + Math.exp(-1)), 14);
  });

  it('an advantage of 0 takes the negative temperature and stays 0', () => {
    expect(Math.abs(at(1.5, 0).loss)).toBe(0);
  });

  it('on policy its gradient is that of REINFORCE, whatever the temperatures', () => {
    const { oldLogProbs: _, ...onPolicy } = exampleInput(2);
    const expected = compose({ surrogate: reinforce() })(onPolicy).gradLogProbs;
    const options = { temperaturePositive: 0.3, temperatureNegative: 7 };
    compose({ surrogate: sapo(options) })(onPolicy).gradLogProbs.forEach((gradient, i) => {
      expect(gradient).toBeCloseTo(expected[i], 14);
    });
  });

  it('fades smoothly on both sides instead of cutting off', () => {
    const pull = (ratio: number) => -at(ratio, 1).gradLogProbs[0] / ratio;
    expect(pull(1)).toBe(1);
    expect(pull(1.3)).toBeLessThan(pull(1.2));
    expect(pull(0.7)).toBeLessThan(pull(0.8));
    expect(pull(1.3)).toBeGreaterThan(0);
  });

  it('refuses a temperature of 0', () => {
    expect(() => sapo({ temperaturePositive: 0 })).toThrow('temperatures need numbers above 0');
  });
});
