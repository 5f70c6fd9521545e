import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { rewardKl } from './reward-kl.js';

const input = {
  oldLogProbs: [-1, -2, -3, Number.NaN],
  refLogProbs: [-1.5, -2.25, -2, Number.NaN],
  mask: [1, 1, 1, 0],
  shape: [2, 2] as const,
};

describe('rewardKl', () => {
  it('measures each token and sums each sequence, with k1', () => {
    const { perToken, perSequence, metrics } = rewardKl(input);
    expect([...perToken]).toEqual([0.5, 0.25, -1, 0]);
    expect([...perSequence]).toEqual([0.75, -1]);
    expect(metrics.kl).toBeCloseTo(-0.25 / 3, 15);
  });

  it('takes any estimator', () => {
    expect(rewardKl(input, { estimator: 'abs' }).perSequence[1]).toBe(1);
  });

  it('refuses a log-prob that is not finite', () => {
    expect(() => rewardKl({ ...input, mask: [1, 1, 1, 1] })).toThrow('got NaN at [1, 1]');
  });

  it('equals the KL that goes into the reward of a known peer', () => {
    const file = new URL('../fixtures/rloo-advantages.json', import.meta.url);
    const cases = JSON.parse(readFileSync(file, 'utf8')).cases.filter(
      (one: { ref_logps: unknown }) => one.ref_logps !== null,
    );
    expect(cases.length).toBeGreaterThan(0);
    for (const one of cases) {
      const { metrics } = rewardKl({
        oldLogProbs: one.old_logps.flat(),
        refLogProbs: one.ref_logps.flat(),
        mask: one.completion_mask.flat(),
        shape: [one.completion_mask.length, one.completion_mask[0].length],
      });
      expect(metrics.kl).toBeCloseTo(one.metrics.kl, 12);
    }
  });
});
