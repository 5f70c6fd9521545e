import { expect, it } from 'vitest';
import { score } from '../score.js';
import { lengthWeighted, optimalBaseline } from './length-weighted.js';

const rewards = [[1], [0], [0]];
const groupIds = [1, 1, 1];

it('a long completion counts more: Σ|o|R / Σ|o|', () => {
  const scored = score({ rewards, groupIds, lengths: [6, 2, 2] });
  lengthWeighted()(scored).forEach((b) => {
    expect(b).toBeCloseTo(0.6, 15);
  });
});

it('equal lengths, or none at all, give the group mean', () => {
  for (const lengths of [
    [7, 7, 7],
    [0, 0, 0],
  ]) {
    expect(lengthWeighted()(score({ rewards, groupIds, lengths }))[0]).toBeCloseTo(1 / 3, 15);
  }
});

it('is the constant of least variance where squared gradients grow with length', () => {
  const lengths = [6, 2, 2];
  const [b] = lengthWeighted()(score({ rewards, groupIds, lengths }));
  const variance = (c: number) =>
    rewards.reduce((sum, [R], i) => sum + lengths[i] * (R - c) ** 2, 0);
  expect(variance(b)).toBeLessThan(variance(b + 0.01));
  expect(variance(b)).toBeLessThan(variance(b - 0.01));
});

it('the optimal baseline weighs by squared gradient norms', () => {
  const scored = score({ rewards, groupIds, gradientNorms: [1, 3, 0] });
  expect([...optimalBaseline()(scored)]).toEqual([0.25, 0.25, 0.25]);
});

it('says which numbers are missing', () => {
  const scored = score({ rewards, groupIds });
  expect(() => lengthWeighted()(scored)).toThrow('this baseline needs lengths, got none');
  expect(() => optimalBaseline()(scored)).toThrow('needs gradientNorms, got none');
});
