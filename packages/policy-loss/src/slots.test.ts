import { describe, expect, it } from 'vitest';
import { clippedLoss } from './clipped.js';
import { slots } from './slots.js';

describe('slots', () => {
  it('has neither KL nor entropy at 0, so that neither reference nor entropies are needed', () => {
    expect(slots({})).toMatchObject({ kl: undefined, entropy: undefined });
    expect(slots({ beta: 0, entropy: 0 })).toMatchObject({ kl: undefined, entropy: undefined });
    expect(slots({ entropy: { coefficient: 0 } }).entropy).toBeUndefined();
  });

  it('takes a number, a name or options for a coefficient', () => {
    expect(slots({ beta: 0.1 }).kl?.controllers).toBeUndefined();
    expect(slots({ beta: { name: 'linear', to: 1, steps: 5 } }).kl?.controllers).toHaveLength(1);
    const input = {
      logProbs: [-1],
      distributionKl: [0.5],
      advantages: [0],
      mask: [1],
      shape: [1, 1] as const,
    };
    const full = clippedLoss({ beta: 0.1, klEstimator: 'distribution' })(input);
    expect(full.loss).toBeCloseTo(0.05, 15);
    expect(full.gradDistributionKl?.[0]).toBeCloseTo(0.1, 15);
    expect(slots({ entropy: 0.01 }).entropy).toBeTypeOf('function');
    const entropy = { coefficient: { name: 'adaptive-entropy', target: 1 }, fraction: 0.5 };
    expect(slots({ entropy }).entropy?.controllers).toHaveLength(1);
  });
});
