import { describe, expect, it } from 'vitest';
import { prepare } from '../prepare.js';
import { tokenRatios } from '../ratios.js';
import { offPolicyMask } from './off-policy-mask.js';

const input = {
  logProbs: [-2, -2, -2, -2, -2, -2],
  oldLogProbs: [-1, -1, -1, -1, -2, -99],
  advantages: [-1, 1, -1],
  mask: [1, 1, 1, 1, 1, 0],
  shape: [3, 2] as const,
};
const apply = (threshold: number, change: object = {}) =>
  offPolicyMask({ threshold })(prepare({ ...input, ...change }, tokenRatios));

describe('offPolicyMask', () => {
  it('drops a sequence that is bad and far, and keeps the good and the near', () => {
    const { weights, metrics } = apply(0.5);
    expect([...weights].slice(0, 5)).toEqual([0, 0, 1, 1, 1]);
    expect(metrics).toEqual({ 'off_policy_mask/dropped': 0.4 });
  });

  it('measures the mean per token, so that the length does not matter', () => {
    expect([...apply(1).weights].slice(0, 2)).toEqual([1, 1]);
    expect([...apply(0.99).weights].slice(0, 2)).toEqual([0, 0]);
  });

  it('prefers what the sampler reported; a token that it could not score counts 0', () => {
    const samplerLogProbs = [-1, Number.NaN, -1, -1, -1, Number.NaN];
    expect([...apply(0.5, { samplerLogProbs }).weights]).toEqual([1, 1, 1, 1, 0, 1]);
  });
});
