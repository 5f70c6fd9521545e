import { describe, expect, it } from 'vitest';
import { clipped } from './clipped.js';
import { compose } from './compose.js';
import { prepare } from './prepare.js';
import {
  groupRatios,
  productRatios,
  sequenceRatios,
  sequenceTokenRatios,
  tokenRatios,
} from './ratios.js';
import { exampleInput, numericalGradient } from './testing.js';
import type { RatioLevel } from './types.js';

const input = {
  logProbs: [-1, -2, -3, -1, -9, -9],
  oldLogProbs: [-1.5, -2, -2, -1, -9, -9],
  advantages: [1, 1],
  mask: [1, 1, 1, 1, 0, 0],
  shape: [2, 3] as const,
  groupIds: ['a', 'a'],
};
const ratios = (level: RatioLevel, change: object = {}) =>
  prepare({ ...input, ...change }, level).ratios;
const e = Math.exp;

describe('ratio levels', () => {
  it('token: each has its own', () => {
    expect([...ratios(tokenRatios).values]).toEqual([e(0.5), 1, e(-1), 1, 1, 1]);
  });

  it('sequence: the geometric mean, the same for a sequence of any length', () => {
    const { values, isPerSequence } = ratios(sequenceRatios);
    expect(values[0]).toBeCloseTo(e(-0.5 / 3), 15);
    expect(values[2]).toBe(values[0]);
    expect(isPerSequence).toBe(true);
  });

  it('product: the ratio of whole completions, the geometric mean to the power of the length', () => {
    expect(ratios(productRatios).values[0]).toBeCloseTo(e(-0.5), 15);
    expect(ratios(productRatios).values[0]).toBeCloseTo(ratios(sequenceRatios).values[0] ** 3, 14);
  });

  it('sequence-token: the value of the sequence, the gradient of the token', () => {
    const { values, backward } = ratios(sequenceTokenRatios);
    expect([...values]).toEqual([...ratios(sequenceRatios).values]);
    expect([...backward(Float64Array.of(1, 0, 0, 0, 0, 0))]).toEqual([values[0], 0, 0, 0, 0, 0]);
  });

  it('sequence-token: has the gradient of its value with the ratio of the sequence held constant', () => {
    const example = exampleInput(3);
    const held = prepare(example, sequenceRatios);
    const frozen: RatioLevel = ({ logProbs }) => ({
      values: logProbs.map(
        (value, i) => held.ratios.values[i] * Math.exp(value - held.logProbs[i]),
      ),
      isPerSequence: false,
      backward: (grad) => grad,
    });
    const expected = numericalGradient(compose({ surrogate: clipped(), ratio: frozen }), example);
    const { gradLogProbs } = compose({ surrogate: clipped(), ratio: sequenceTokenRatios })(example);
    gradLogProbs.forEach((gradient, i) => {
      expect(gradient).toBeCloseTo(expected[i], 8);
    });
  });

  it('group: the probability against what the old policy of the group expects of itself', () => {
    const p = [e(-2), e(-1)];
    const q = [e(-5.5 / 3), e(-1)];
    const expected = (q[0] ** 2 + q[1] ** 2) / (q[0] + q[1]);
    const { values } = ratios(groupRatios);
    expect(values[0]).toBeCloseTo(p[0] / expected, 14);
    expect(values[3]).toBeCloseTo(p[1] / expected, 14);
  });

  it('group: a group of one is GSPO', () => {
    const alone = ratios(groupRatios, { groupIds: ['a', 'b'] }).values;
    alone.forEach((w, i) => {
      expect(w).toBeCloseTo(ratios(sequenceRatios).values[i], 14);
    });
  });

  it('group: completions of a thousand improbable tokens do not underflow', () => {
    const { values } = ratios(groupRatios, {
      logProbs: input.logProbs.map((value) => value - 1000),
      oldLogProbs: input.oldLogProbs.map((value) => value - 1000),
    });
    expect(values[0]).toBeCloseTo(ratios(groupRatios).values[0], 9);
  });

  it('group: a sequence without tokens neither counts nor moves', () => {
    const change = { mask: [1, 1, 1, 0, 0, 0] };
    const { values } = ratios(groupRatios, change);
    expect(values[3]).toBe(1);
    expect(values[0]).toBeCloseTo(ratios(sequenceRatios, change).values[0], 14);
  });

  it('group: says that group ids are missing', () => {
    expect(() => ratios(groupRatios, { groupIds: undefined })).toThrow('needs groupIds, got none');
  });

  it('on policy every level but the group is exactly 1', () => {
    for (const level of [tokenRatios, sequenceRatios, productRatios, sequenceTokenRatios]) {
      const { values } = ratios(level, { oldLogProbs: undefined });
      expect(values.every((w) => w === 1)).toBe(true);
    }
  });
});
