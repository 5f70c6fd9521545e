import { describe, expect, it } from 'vitest';
import { clipped } from './clipped.js';
import { compose, product } from './compose.js';
import { klPenalty } from './kl-penalty.js';
import { prepare } from './prepare.js';
import { tokenRatios } from './ratios.js';
import { exampleInput } from './testing.js';
import { perToken } from './token-term.js';
import type { Correction, Reduction } from './types.js';

const surrogate = clipped();
const weights =
  (...values: number[]): Correction =>
  ({ mask }) => ({ weights: mask.map((_, i) => values[i] ?? 0), metrics: { seen: values.length } });

describe('compose', () => {
  const input = {
    logProbs: [-1, -2],
    refLogProbs: [-1, -1],
    advantages: [1, 3],
    mask: [1, 1],
    shape: [2, 1] as const,
  };

  it('is Σ c·(κ·ℓ + β·k): the correction weighs the surrogate and never the KL', () => {
    const kl = klPenalty({ coefficient: 0.5, isImportanceWeighted: false });
    const loss = compose({ surrogate, kl, correction: weights(0.5, 0) });
    const k = Math.E - 2;
    expect(loss(input).loss).toBeCloseTo((0.5 * -1 + 0 * -3 + 0.5 * k) / 2, 14);
  });

  it('a sequence whose surrogate is dropped is still pulled to the reference', () => {
    const kl = klPenalty({ coefficient: 0.5 });
    const { gradLogProbs } = compose({ surrogate, kl, correction: weights(1, 0) })(input);
    expect(gradLogProbs[1]).not.toBe(0);
    const without = compose({ surrogate, correction: weights(1, 0) })(input);
    expect(Math.abs(without.gradLogProbs[1])).toBe(0);
  });

  it('several corrections multiply', () => {
    const loss = compose({ surrogate, correction: [weights(0.5, 1), weights(4, 2)] });
    expect(loss(input).loss).toBe((2 * -1 + 2 * -3) / 2);
    const batch = prepare(input, tokenRatios);
    expect([...product([])(batch).weights]).toEqual([1, 1]);
    expect(product([weights(1)])(batch).metrics).toEqual({ seen: 1 });
  });

  it('a reduction is the share of each token, and may be of your own', () => {
    const last: Reduction = ({ mask }) => mask.map((_, i) => Number(i === mask.length - 1));
    expect(compose({ surrogate, reduction: last })(input).loss).toBe(-3);
  });

  it('an infinite loss of a token that weighs nothing does not spoil the sum', () => {
    const infinite = perToken((_, __, i) => ({ loss: i === 0 ? 1 / 0 : 2, gradRatio: 1 }));
    const loss = compose({ surrogate: infinite, correction: weights(0, 1) });
    expect(loss(input).loss).toBe(1);
    expect([...loss(input).gradLogProbs]).toEqual([0, 0.5]);
  });

  it('describes ratios and entropies, and merges the metrics of its parts', () => {
    const example = exampleInput(1);
    const { metrics } = compose({ surrogate, kl: klPenalty({ coefficient: 1 }) })(example);
    const batch = prepare(example, tokenRatios);
    const unmasked = [...batch.ratios.values].filter((_, i) => batch.mask[i] === 1);
    expect(metrics['ratio/max']).toBe(Math.max(...unmasked));
    expect(metrics['ratio/min']).toBe(Math.min(...unmasked));
    expect(metrics).toHaveProperty('entropy');
    expect(metrics).toHaveProperty('kl');
    expect(metrics).toHaveProperty('clip_ratio/region_mean');
  });

  it('shows the controllers of its parts to the loop, and none where there are none', () => {
    const kl = klPenalty({ coefficient: { name: 'adaptive-kl' } });
    expect(compose({ surrogate, kl }).controllers).toHaveLength(1);
    expect(compose({ surrogate }).controllers).toBeUndefined();
  });

  it('refuses a slot that nobody registered', () => {
    expect(() => compose({ surrogate, correction: 'tis' })).toThrow("no correction is named 'tis'");
    expect(() => compose({ surrogate, ratio: 'word' })).toThrow("no ratio level is named 'word'");
  });
});
