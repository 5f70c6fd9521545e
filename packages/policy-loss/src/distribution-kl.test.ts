import { describe, expect, it } from 'vitest';
import { clipped } from './clipped.js';
import { compose } from './compose.js';
import { distributionKlPenalty } from './distribution-kl.js';

const input = {
  logProbs: [-1, -2],
  oldLogProbs: [-1.5, -2],
  distributionKl: [0.25, 1],
  advantages: [0],
  mask: [1, 1],
  shape: [1, 2] as const,
};

describe('distributionKlPenalty', () => {
  it('adds β·w·KL, and sends the gradient β·w·c to the KL', () => {
    const w = Math.exp(0.5);
    const loss = compose({ surrogate: clipped(), kl: distributionKlPenalty({ coefficient: 0.1 }) });
    const { loss: value, gradDistributionKl, metrics } = loss(input);
    expect(value).toBeCloseTo((0.1 * (w * 0.25 + 1)) / 2, 15);
    expect(gradDistributionKl?.[0]).toBeCloseTo((0.1 * w) / 2, 15);
    expect(gradDistributionKl?.[1]).toBeCloseTo(0.05, 15);
    expect(metrics.kl).toBeCloseTo((w * 0.25 + 1) / 2, 15);
  });

  it('without the weight nothing reaches the log-probs', () => {
    const kl = distributionKlPenalty({ coefficient: 0.1, isImportanceWeighted: false });
    const { gradLogProbs } = compose({ surrogate: clipped(), kl })(input);
    expect(Array.from(gradLogProbs, Math.abs)).toEqual([0, 0]);
  });

  it('says that the KL is missing, and takes a controller by name', () => {
    const kl = distributionKlPenalty({ coefficient: { name: 'linear', from: 1, steps: 2 } });
    const { distributionKl: _, ...rest } = input;
    expect(() => compose({ surrogate: clipped(), kl })(rest)).toThrow(
      'needs distributionKl, got none',
    );
    expect(kl.controllers?.[0].value).toBe(1);
  });
});
