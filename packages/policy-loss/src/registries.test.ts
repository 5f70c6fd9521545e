import { describe, expect, it } from 'vitest';
import { fixed } from './controllers/fixed.js';
import {
  controllers,
  corrections,
  klEstimators,
  ratioLevels,
  reductions,
  resolveController,
} from './registries.js';

describe('registries', () => {
  it('every part of the package has a name', () => {
    expect(ratioLevels.names()).toEqual([
      'group',
      'product',
      'sequence',
      'sequence-token',
      'token',
    ]);
    expect(klEstimators.names()).toEqual([
      'abs',
      'abs+k2',
      'bounded-k3',
      'k1',
      'k1+k2',
      'k2',
      'k3',
      'k3+k2',
    ]);
    expect(corrections.names()).toEqual([
      'clip-cov',
      'icepop',
      'importance-sampling',
      'off-policy-mask',
      'top-entropy',
    ]);
    expect(reductions.names()).toEqual([
      'constant-length',
      'micro-batch-token-mean',
      'prompt-mean',
      'sequence-mean',
      'sequence-sum',
      'token-mean',
    ]);
    expect(controllers.names()).toEqual([
      'adaptive-entropy',
      'adaptive-kl',
      'cosine',
      'fixed',
      'linear',
      'warm-up',
    ]);
  });

  it('the options of a registered part reach it', () => {
    expect(klEstimators.create('bounded-k3', { value: 1 })(-9, 0).value).toBe(1);
    expect(klEstimators.create('k3+k2')(-1, -2).derivative).toBe(1);
  });

  it('a coefficient is a number, a controller, or the name of one', () => {
    expect(resolveController(0.5).value).toBe(0.5);
    const own = fixed({ value: 2 });
    expect(resolveController(own)).toBe(own);
    expect(resolveController({ name: 'fixed', value: 3 }).value).toBe(3);
  });
});
