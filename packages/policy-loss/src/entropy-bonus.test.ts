import { describe, expect, it } from 'vitest';
import { clipped } from './clipped.js';
import { compose } from './compose.js';
import { entropyBonus } from './entropy-bonus.js';

const input = {
  logProbs: [-1, -1, -1, -1],
  entropies: [2, 1, 0.5, 9],
  advantages: [1],
  mask: [1, 1, 1, 0],
  shape: [1, 4] as const,
};
const withBonus = (options: Parameters<typeof entropyBonus>[0]) =>
  compose({ surrogate: clipped(), entropy: entropyBonus(options) });

describe('entropyBonus', () => {
  it('takes η times the mean entropy off the loss', () => {
    const { loss, gradEntropies, metrics } = withBonus({ coefficient: 0.6 })(input);
    expect(loss).toBeCloseTo(-1 - (0.6 * 3.5) / 3, 14);
    Array.from(gradEntropies ?? []).forEach((g, i) => {
      expect(g).toBeCloseTo([-0.2, -0.2, -0.2, 0][i], 15);
    });
    expect(metrics).toMatchObject({ policy_loss: -1, entropy_coef: 0.6, entropy: 3.5 / 3 });
  });

  it('counts the undecided tokens alone, if asked', () => {
    const reduction = 'micro-batch-token-mean';
    const { loss } = withBonus({ coefficient: 1, fraction: 0.4, reduction })(input);
    expect(loss).toBeCloseTo(-1 - 2, 14);
  });

  it('needs entropies, and says so', () => {
    const { entropies: _, ...rest } = input;
    expect(() => withBonus({ coefficient: 1 })(rest)).toThrow(
      'an entropy bonus needs entropies, got none',
    );
  });

  it('shows a controller to the loop', () => {
    const loss = withBonus({ coefficient: { name: 'warm-up', to: 1, steps: 2 } });
    expect(loss(input).metrics.entropy_coef).toBe(0);
    loss.controllers?.[0].update({});
    expect(loss(input).metrics.entropy_coef).toBe(0.5);
  });
});
