import { describe, expect, it } from 'vitest';
import { compose } from '../compose.js';
import { klCov } from './kl-cov.js';

// Covariances 4, 4 and 0 around means of 0 and −3.
const input = {
  logProbs: [-1, -5, -3],
  oldLogProbs: [-1.5, -5, -3],
  advantages: [2, -2, 0],
  mask: [1, 1, 1],
  shape: [3, 1] as const,
};
const w = Math.exp(0.5);

describe('klCov', () => {
  it('adds c·|log w| to the tokens of highest covariance and leaves the others unclipped', () => {
    const { loss, gradLogProbs } = compose({ surrogate: klCov({ fraction: 0.4, coefficient: 3 }) })(
      input,
    );
    expect(loss).toBeCloseTo((-2 * w + 3 * 0.5 + 2) / 3, 14);
    expect(gradLogProbs[0]).toBeCloseTo((-2 * w + 3) / 3, 14);
    expect(gradLogProbs[1]).toBeCloseTo(2 / 3, 14);
  });

  it('holds back at least one token', () => {
    const one = compose({ surrogate: klCov() })(input);
    const none = compose({ surrogate: klCov({ coefficient: 0 }) })(input);
    expect(one.loss).toBeCloseTo(none.loss + 0.5 / 3, 14);
  });

  it('refuses a share outside (0, 1]', () => {
    expect(() => klCov({ fraction: 0 })).toThrow('fraction needs a number in (0, 1], got 0');
  });
});
