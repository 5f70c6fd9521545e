import { describe, expect, it } from 'vitest';
import { estimators } from './registry.js';

const batch = { rewards: [[3], [1]], groupIds: ['a', 'a'] };

describe('estimators', () => {
  it('every estimator has a name', () => {
    expect(estimators.names()).toEqual([
      'best-of-group',
      'clip-advantages',
      'dr-grpo',
      'gdpo',
      'gpg',
      'group-relative',
      'grpo',
      'lite-ppo',
      'maxrl',
      'opo',
      'pass-at-k',
      'reinforce',
      'reinforce++',
      'reinforce++-baseline',
      'remax',
      'rloo',
      'whiten',
    ]);
  });

  it('a config makes one from a name and options, slots included', () => {
    const named = { name: 'group-relative', baseline: 'leave-one-out', scaling: 'none' };
    expect([...estimators.resolve(named)(batch).advantages]).toEqual([2, -2]);
    expect([...estimators.create('dr-grpo')(batch).advantages]).toEqual([1, -1]);
    expect([...estimators.create('grpo', { epsilon: 0 })(batch).advantages][0]).toBeCloseTo(
      Math.SQRT1_2,
      12,
    );
  });

  it('a config puts wrappers around estimators', () => {
    const clip = { name: 'clip-advantages', limit: 0.5, estimator: 'rloo' };
    expect([...estimators.resolve(clip)(batch).advantages]).toEqual([0.5, -0.5]);
    const both = { name: 'whiten', estimator: { name: 'reinforce' }, epsilon: 0 };
    expect(estimators.resolve(both)(batch).advantages[0]).toBeCloseTo(Math.SQRT1_2, 12);
  });

  it('a misspelt name or option is an error', () => {
    expect(() => estimators.create('grop')).toThrow("no advantage estimator is named 'grop'");
    expect(() => estimators.create('dr-grpo', { epsilon: 1 })).toThrow("has no option 'epsilon'");
  });
});
