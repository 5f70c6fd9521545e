import { describe, expect, it } from 'vitest';
import { discountedReturns } from './gae.js';
import { tokenRewards } from './token-rewards.js';
import { whitenTokens } from './whiten-tokens.js';

const layout = { mask: [1, 1, 0, 1, 0, 0, 0, 0], shape: [2, 4] as const };

describe('tokenRewards', () => {
  it('puts the score on the last token of the model, not on the last position', () => {
    expect([...tokenRewards([2, 9], layout)]).toEqual([0, 0, 0, 2, 0, 0, 0, 0]);
  });

  it('takes a penalty off at every token of the model', () => {
    const penalties = [0.1, 0.2, 99, 0.3, 99, 99, 99, 99];
    expect([...tokenRewards([2, 9], layout, { penalties })]).toEqual([
      -0.1, -0.2, 0, 1.7, 0, 0, 0, 0,
    ]);
  });

  it('without a score there is nothing to earn', () => {
    expect(tokenRewards([Number.NaN, 0], layout).every((r) => r === 0)).toBe(true);
  });

  it('discounted and whitened it is REINFORCE++ per token', () => {
    const rows = { mask: [1, 1, 1, 1], shape: [2, 2] as const };
    const rewards = tokenRewards([1, 0], rows);
    const returns = discountedReturns({ rewards, ...rows });
    expect([...returns]).toEqual([1, 1, 0, 0]);
    const [first, , last] = whitenTokens(returns, rows);
    expect(first).toBeCloseTo(Math.sqrt(3) / 2, 6);
    expect(last).toBeCloseTo(-Math.sqrt(3) / 2, 6);
  });

  it('refuses scores that do not fit', () => {
    expect(() => tokenRewards([1], layout)).toThrow('scores needs shape [2], got [1]');
  });
});
