import { describe, expect, it } from 'vitest';
import { prepare } from './prepare.js';
import { tokenRatios } from './ratios.js';
import type { LossInput } from './types.js';

const input: LossInput = {
  logProbs: [-1, -2, -3, -4],
  advantages: [1, -1],
  mask: [1, 1, 1, 0],
  shape: [2, 2],
};
const batch = (change: object = {}) => prepare({ ...input, ...change }, tokenRatios);

describe('prepare', () => {
  it('holds the log-probs as old ones where none are given: every ratio is exactly 1', () => {
    const { oldLogProbs, ratios } = batch();
    expect([...oldLogProbs]).toEqual([-1, -2, -3, 0]);
    expect([...ratios.values]).toEqual([1, 1, 1, 1]);
  });

  it('gives every token the advantage of its sequence, or its own', () => {
    expect([...batch().advantages]).toEqual([1, 1, -1, 0]);
    expect([...batch({ advantages: [1, 2, 3, 4] }).advantages]).toEqual([1, 2, 3, 0]);
    expect(batch({ advantages: [1, 2, 3, 4] }).sequenceAdvantages).toBeUndefined();
  });

  it('counts tokens and sequences of this batch where no step is given', () => {
    expect(batch().step).toEqual({ tokens: 3, sequences: 2 });
    expect([...batch().lengths]).toEqual([2, 1]);
    expect(batch({ step: { tokens: 9, sequences: 4 } }).step).toEqual({ tokens: 9, sequences: 4 });
  });

  it('is 0 at masked positions, whatever stands there', () => {
    expect(batch({ logProbs: [-1, -2, -3, Number.NaN] }).logProbs[3]).toBe(0);
  });

  it('takes float32 arrays and bytes', () => {
    const { logProbs, mask } = batch({
      logProbs: Float32Array.of(-1, -2, -3, -4),
      mask: Uint8Array.of(1, 1, 1, 0),
    });
    expect([...logProbs]).toEqual([-1, -2, -3, 0]);
    expect([...mask]).toEqual([1, 1, 1, 0]);
  });

  it('lets only the sampler leave a token unscored', () => {
    const scores = [-1, Number.NaN, -3, -4];
    expect([...(batch({ samplerLogProbs: scores }).samplerLogProbs ?? [])]).toEqual([
      -1,
      Number.NaN,
      -3,
      0,
    ]);
    expect(() => batch({ refLogProbs: scores })).toThrow(
      'policy loss: refLogProbs needs finite numbers where the mask is 1, got NaN at [0, 1].',
    );
    expect(() => batch({ samplerLogProbs: [-1 / 0, 0, 0, 0] })).toThrow('got -Infinity at [0, 0]');
  });

  it('a step without tokens is right for a batch without tokens alone', () => {
    const step = { tokens: 0, sequences: 2 };
    expect(() => batch({ step })).toThrow('step.tokens needs a count above 0, got 0');
    expect(batch({ step, mask: [0, 0, 0, 0] }).step).toBe(step);
  });

  it('names what does not fit', () => {
    expect(() => batch({ mask: [1] })).toThrow('mask needs shape [2, 2], got 1 numbers');
    expect(() => batch({ mask: [1, 1, 2, 0] })).toThrow('mask needs 0 or 1, got 2 at [1, 0]');
    expect(() => batch({ groupIds: [1] })).toThrow('groupIds needs shape [2], got 1');
    expect(() => batch({ shape: [2, -1] })).toThrow('shape needs two whole numbers, got [2, -1]');
    expect(() => batch({ step: { tokens: 1, sequences: -1 } })).toThrow(
      'step.sequences needs a count above 0, got -1',
    );
  });
});
