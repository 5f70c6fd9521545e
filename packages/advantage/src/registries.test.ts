import { describe, expect, it } from 'vitest';
import { groupRelative } from './group-relative.js';
import { baselines, scalings } from './registries.js';

describe('registries', () => {
  it('every baseline and scaling of the package has a name', () => {
    expect(baselines.names()).toEqual([
      'global-mean',
      'greedy-rollout',
      'group-mean',
      'group-median',
      'learned',
      'leave-one-out',
      'length-weighted',
      'moving-average',
      'none',
      'optimal',
    ]);
    expect(scalings.names()).toEqual([
      'batch-std',
      'difference-std',
      'group-mean',
      'group-std',
      'none',
    ]);
  });

  it('a third party adds a baseline, and a config reaches it by name and options', () => {
    baselines.register(
      'constant',
      ({ value = 0 }: { readonly value?: number } = {}) =>
        ({ scores }) =>
          new Float64Array(scores.length).fill(value),
      ['value'],
    );
    const estimate = groupRelative({ baseline: { name: 'constant', value: 3 }, scaling: 'none' });
    expect([...estimate({ rewards: [[5]], groupIds: [1] }).advantages]).toEqual([2]);
  });
});
