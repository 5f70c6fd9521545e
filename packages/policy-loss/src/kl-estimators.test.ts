import { describe, expect, it } from 'vitest';
import { absolute, bounded, k1, k2, k3, straightThrough } from './kl-estimators.js';
import type { KlEstimator } from './types.js';

const p = [0.5, 0.3, 0.2];
const q = [0.2, 0.3, 0.5];
const exact = p.reduce((sum, pv, v) => sum + pv * Math.log(pv / q[v]), 0);
const expectation = (k: KlEstimator, part: 'value' | 'derivative' = 'value') =>
  p.reduce((sum, pv, v) => sum + pv * k(Math.log(pv), Math.log(q[v]))[part], 0);

/** d KL(p ‖ q) / d logit u of p: p_u·(log(p_u/q_u) − KL). */
const klGradient = (u: number) => p[u] * (Math.log(p[u] / q[u]) - exact);
/** The expected gradient of an estimator used as a loss: E[k'(v)·d log p_v / d logit u]. */
const lossGradient = (k: KlEstimator, u: number) =>
  p.reduce(
    (sum, pv, v) =>
      sum + pv * k(Math.log(pv), Math.log(q[v])).derivative * (Number(v === u) - p[u]),
    0,
  );

describe('KL estimators over a known distribution', () => {
  it('k1 and k3 are unbiased in value', () => {
    expect(expectation(k1)).toBeCloseTo(exact, 14);
    expect(expectation(k3)).toBeCloseTo(exact, 14);
  });

  it('k3 and k2 are never negative, k1 may be', () => {
    for (const d of [-3, -0.5, 0.5, 3]) {
      expect(k3(d, 0).value).toBeGreaterThan(0);
      expect(k2(d, 0).value).toBeGreaterThan(0);
      expect(absolute(d, 0).value).toBe(Math.abs(d));
    }
    expect(k1(-1, 0).value).toBe(-1);
  });

  it('k2 has the gradient of the KL, as a loss', () => {
    for (const u of [0, 1, 2]) expect(lossGradient(k2, u)).toBeCloseTo(klGradient(u), 14);
  });

  it('k1 has no gradient at all, as a loss', () => {
    for (const u of [0, 1, 2]) expect(lossGradient(k1, u)).toBeCloseTo(0, 14);
  });

  it('k3 has the gradient of the reverse divergence, as a loss: p − q per logit', () => {
    for (const u of [0, 1, 2]) {
      expect(lossGradient(k3, u)).toBeCloseTo(p[u] - q[u], 14);
      expect(Math.abs(lossGradient(k3, u) - klGradient(u))).toBeLessThan(1);
    }
    expect(lossGradient(k3, 1)).not.toBeCloseTo(klGradient(1), 2);
  });

  it('importance-weighted, k3 and k1 have the gradient of the KL', () => {
    // d/dθ E_old[w·k] at w = 1: E[k·∇log p + ∇k].
    for (const k of [k1, k3]) {
      for (const u of [0, 1, 2]) {
        const weighted = p.reduce((sum, pv, v) => {
          const { value, derivative } = k(Math.log(pv), Math.log(q[v]));
          return sum + pv * (value + derivative) * (Number(v === u) - p[u]);
        }, 0);
        expect(weighted).toBeCloseTo(klGradient(u), 14);
      }
    }
  });

  it('straight-through takes the value of the one and the gradient of the other', () => {
    const mixed = straightThrough(k3, k2);
    expect(mixed(-1, -2)).toEqual({ value: k3(-1, -2).value, derivative: k2(-1, -2).derivative });
    for (const u of [0, 1, 2]) expect(lossGradient(mixed, u)).toBeCloseTo(klGradient(u), 14);
  });
});

describe('KL estimators far apart', () => {
  it('k3 grows to a bound instead of Infinity, and its gradient goes on to push back', () => {
    const near = k3(-79, 0);
    expect(near.value).toBeCloseTo(Math.exp(79) - 80, -20);
    const far = k3(-1000, 0);
    expect(Number.isFinite(far.value)).toBe(true);
    expect(Number.isFinite(far.derivative)).toBe(true);
  });

  it('bounded clamps difference and value, and is flat beyond', () => {
    const safe = bounded(k3);
    expect(safe(-1, -2)).toEqual(k3(-1, -2));
    expect(safe(-50, 0)).toEqual({ value: 10, derivative: 0 });
    expect(safe(-5, 0)).toEqual({ value: 10, derivative: 0 });
    expect(bounded(k1, { difference: 2 })(5, 0)).toEqual({ value: 2, derivative: 0 });
  });
});
