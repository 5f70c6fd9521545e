import { describe, expect, it } from 'vitest';
import { prepare } from '../prepare.js';
import { tokenRatios } from '../ratios.js';
import type { Correction } from '../types.js';
import {
  type ImportanceSamplingOptions,
  icePop,
  importanceSampling,
} from './importance-sampling.js';

const input = {
  logProbs: [-9, -9, -9, -9, -9, -9],
  oldLogProbs: [-1, -1, -1, -1, -1, -9],
  samplerLogProbs: [-1 - Math.log(4), -1, -1 + Math.log(2), -1, Number.NaN, -9],
  advantages: [1, 1],
  mask: [1, 1, 1, 1, 1, 0],
  shape: [2, 3] as const,
};
const apply = (correction: Correction, change: object = {}) =>
  correction(prepare({ ...input, ...change }, tokenRatios));
const weights = (options: ImportanceSamplingOptions, change: object = {}) =>
  Array.from(apply(importanceSampling(options), change).weights, (w) => Number(w.toFixed(12)));

describe('importanceSampling', () => {
  it('token: π_old / π_sampler, truncated or masked', () => {
    expect(weights({ max: 10 })).toEqual([4, 1, 0.5, 1, 1, 0]);
    expect(weights({ max: 3 })).toEqual([3, 1, 0.5, 1, 1, 0]);
    expect(weights({ max: 3, min: 0.75 })).toEqual([3, 1, 0.75, 1, 1, 0]);
    expect(weights({ mode: 'mask', max: 3, min: 0.75 })).toEqual([0, 1, 0, 1, 1, 0]);
  });

  it('sequence: the product of the ratios, which strays with the length', () => {
    expect(weights({ level: 'sequence', max: 10 })).toEqual([2, 2, 2, 1, 1, 0]);
    expect(weights({ level: 'sequence', mode: 'mask', max: 1.5 })).toEqual([0, 0, 0, 1, 1, 0]);
    const small = { samplerLogProbs: input.oldLogProbs.map((old) => old - 0.5) };
    const e = Number(Math.E.toFixed(12));
    expect(weights({ level: 'sequence', mode: 'mask', max: 3 }, small)).toEqual([0, 0, 0, e, e, 0]);
  });

  it('geometric: the mean ratio, the same for long and short', () => {
    const [w] = weights({ level: 'geometric' });
    expect(w).toBeCloseTo(2 ** (1 / 3), 12);
    const small = { samplerLogProbs: input.oldLogProbs.map((old) => old - 0.5) };
    expect(new Set(weights({ level: 'geometric' }, small).slice(0, 5)).size).toBe(1);
  });

  it('unweighted it only tells what is within bounds', () => {
    expect(weights({ isWeighted: false, max: 3 })).toEqual([0, 1, 1, 1, 1, 0]);
  });

  it('the current log-probs do not matter: the weight is a constant', () => {
    expect(weights({}, { logProbs: [-1, -2, -3, -1, -2, -3] })).toEqual(weights({}));
  });

  it('reports raw and bounded ratios, the effective sample size, and how far the engines are apart', () => {
    const { metrics = {} } = apply(importanceSampling({ max: 3 }));
    expect(metrics['sampling/raw_ratio/max']).toBeCloseTo(4, 12);
    expect(metrics['sampling/raw_ratio/mean']).toBeCloseTo(1.5, 12);
    expect(metrics['sampling/importance_sampling_ratio/max']).toBe(3);
    expect(metrics['sampling/importance_sampling_ratio/min']).toBeCloseTo(0.5, 12);
    expect(metrics['sampling/effective_sample_size']).toBeCloseTo(7.5 ** 2 / (5 * 19.25), 12);
    expect(metrics['sampling/sampling_logp_difference/max']).toBeCloseTo(Math.log(4), 12);
    expect(metrics['sampling/sampling_logp_difference/mean']).toBeCloseTo(Math.log(8) / 4, 12);
  });

  it('an engine that agrees changes nothing and has the full sample size', () => {
    const { weights: ones, metrics = {} } = apply(importanceSampling(), {
      samplerLogProbs: input.oldLogProbs,
    });
    expect([...ones]).toEqual([1, 1, 1, 1, 1, 0]);
    expect(metrics['sampling/effective_sample_size']).toBe(1);
  });

  it('a batch that the sampler could not score at all keeps weights of 1', () => {
    const unknown = { samplerLogProbs: new Array(6).fill(Number.NaN) };
    const { weights: ones, metrics = {} } = apply(importanceSampling(), unknown);
    expect([...ones]).toEqual([1, 1, 1, 1, 1, 0]);
    expect(metrics).not.toHaveProperty('sampling/sampling_logp_difference/mean');
  });

  it('refuses swapped bounds, and says that sampler log-probs are missing', () => {
    expect(() => importanceSampling({ min: 2, max: 1 })).toThrow('max needs a number above min');
    expect(() => apply(importanceSampling(), { samplerLogProbs: undefined })).toThrow(
      'needs samplerLogProbs, got none',
    );
  });
});

describe('icePop', () => {
  it('masks a token outside [0.5, 5] on either side', () => {
    const samplerLogProbs = [0.4, 0.6, 1, 4.9, 5.1, 1].map(
      (ratio, i) => input.oldLogProbs[i] - Math.log(ratio),
    );
    const { weights: kept } = apply(icePop(), { samplerLogProbs });
    expect(Array.from(kept, (w) => Number(w.toFixed(9)))).toEqual([0, 0.6, 1, 4.9, 0, 0]);
  });
});
