import { describe, expect, it } from 'vitest';
import { compose } from './compose.js';
import { lossChecks } from './testing.js';
import { perToken } from './token-term.js';

describe('perToken', () => {
  it('lifts the formula of one token: a third party adds a loss in one line', () => {
    const squared = perToken((w, A) => ({
      loss: -A * (2 * w - w ** 2 / 2),
      gradRatio: -A * (2 - w),
    }));
    for (const { run } of lossChecks(() => compose({ surrogate: squared })))
      expect(run).not.toThrow();
  });

  it('adds the gradient past the ratio to the one through it', () => {
    const both = perToken((w, _, i, { logProbs }) => ({
      loss: w + 3 * logProbs[i],
      gradRatio: 1,
      gradLogProb: 3,
    }));
    for (const { run } of lossChecks(() => compose({ surrogate: both }), {
      isAdvantageDriven: false,
    })) {
      expect(run).not.toThrow();
    }
  });

  it('never calls the formula at masked positions', () => {
    const seen: number[] = [];
    const spy = perToken((_, __, i) => {
      seen.push(i);
      return { loss: 0 };
    });
    compose({ surrogate: spy })({ logProbs: [0, 0], advantages: [0], mask: [0, 1], shape: [1, 2] });
    expect(seen).toEqual([1]);
  });
});
