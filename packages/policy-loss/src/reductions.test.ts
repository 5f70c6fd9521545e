import { describe, expect, it } from 'vitest';
import { prepare } from './prepare.js';
import { tokenRatios } from './ratios.js';
import {
  constantLength,
  microBatchTokenMean,
  promptMean,
  sequenceMean,
  sequenceSum,
  tokenMean,
} from './reductions.js';
import type { Reduction } from './types.js';

// Three sequences of 4, 1 and 0 tokens; the first two belong to one prompt.
const input = {
  logProbs: new Float64Array(12),
  advantages: [1, 1, 1],
  mask: [1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0],
  shape: [3, 4] as const,
  groupIds: ['a', 'a', 'b'],
};
const shares = (reduction: Reduction, change: object = {}) => {
  const c = reduction(prepare({ ...input, ...change }, tokenRatios));
  return [c[0], c[4], c[8]];
};
const step = { step: { tokens: 20, sequences: 6, groups: 4 } };

describe('reductions', () => {
  it('token mean: every token of the step counts the same', () => {
    expect(shares(tokenMean())).toEqual([1 / 5, 1 / 5, 0]);
    expect(shares(tokenMean(), step)).toEqual([1 / 20, 1 / 20, 0]);
  });

  it('sequence mean: a token of a long answer counts less; an empty sequence still counts', () => {
    expect(shares(sequenceMean())).toEqual([1 / 12, 1 / 3, 0]);
    expect(shares(sequenceMean(), step)).toEqual([1 / 24, 1 / 6, 0]);
  });

  it('constant length: free of length, over the sequences of the step', () => {
    expect(shares(constantLength({ length: 10 }))).toEqual([1 / 30, 1 / 30, 0]);
    expect(shares(constantLength({ length: 10 }), step)).toEqual([1 / 60, 1 / 60, 0]);
  });

  it('constant length: does not depend on how wide the batch is padded', () => {
    const wide = {
      logProbs: [0, 0],
      mask: [1, 0],
      advantages: [1],
      shape: [1, 2],
      groupIds: ['a'],
    };
    const narrow = { logProbs: [0], mask: [1], advantages: [1], shape: [1, 1], groupIds: ['a'] };
    const reduce = constantLength({ length: 8 });
    expect(shares(reduce, wide)[0]).toBe(shares(reduce, narrow)[0]);
  });

  it('constant length: needs a length', () => {
    expect(() => constantLength()).toThrow('length needs a number above 0, got undefined');
    expect(() => constantLength({ length: 0 })).toThrow('got 0');
  });

  it('sequence sum: one over the sequences', () => {
    expect(shares(sequenceSum())).toEqual([1 / 3, 1 / 3, 0]);
    expect(shares(sequenceSum(), step)).toEqual([1 / 6, 1 / 6, 0]);
  });

  it('micro-batch token mean: is the token mean for a step of one micro-batch', () => {
    expect(shares(microBatchTokenMean())).toEqual(shares(tokenMean()));
    expect(shares(microBatchTokenMean(), step)[0]).toBeCloseTo(1 / 2 / 5, 15);
  });

  it('prompt mean: every prompt counts the same, whatever its completions are long', () => {
    expect(shares(promptMean())).toEqual([1 / 10, 1 / 10, 0]);
    expect(shares(promptMean(), step)).toEqual([1 / 20, 1 / 20, 0]);
    expect(() => shares(promptMean(), { groupIds: undefined })).toThrow('needs groupIds, got none');
  });

  it('tokens, sequences, constant lengths and sums agree where all sequences are equally long', () => {
    const even = { mask: new Array(12).fill(1) };
    const [token] = shares(tokenMean(), even);
    expect(shares(sequenceMean(), even)[0]).toBeCloseTo(token, 15);
    expect(shares(constantLength({ length: 4 }), even)[0]).toBeCloseTo(token, 15);
    expect(shares(sequenceSum(), even)[0] / 4).toBeCloseTo(token, 15);
    expect(shares(promptMean(), { ...even, groupIds: ['a', 'b', 'c'] })[0]).toBeCloseTo(token, 15);
  });
});
