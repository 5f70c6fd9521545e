import { describe, expect, it } from 'vitest';
import { drGrpo, reinforce } from '../estimators/recipes.js';
import { turnAdvantages, turnReturns, turnsToTokens } from './turn-advantages.js';

describe('turnReturns', () => {
  it('sums rewards from each turn on, discounted per turn', () => {
    expect([...turnReturns([0, 0, 1], { gamma: 0.5 })]).toEqual([0.25, 0.5, 1]);
    expect([...turnReturns([1, 2, 3])]).toEqual([6, 5, 3]);
    expect([...turnReturns([])]).toEqual([]);
  });
});

describe('turnAdvantages', () => {
  const turnRewards = [[0, 1], [0, 0, 4], [3]];
  const groupIds = ['a', 'a', 'b'];

  it('one turn per episode is the estimator itself', () => {
    const one = turnAdvantages([[1], [4]], ['a', 'a'], { estimator: drGrpo() });
    expect(one).toEqual([[-1.5], [1.5]]);
  });

  it('compares with all turns of the group', () => {
    const got = turnAdvantages(turnRewards, groupIds, { estimator: drGrpo() });
    const expected = [[-1.8, -1.8], [1.2, 1.2, 1.2], [0]];
    got.flat().forEach((A, i) => {
      expect(A).toBeCloseTo(expected.flat()[i], 12);
    });
  });

  it('compares with the same turn of the others; a turn that only one episode reached gets 0', () => {
    const got = turnAdvantages(turnRewards, groupIds, { estimator: drGrpo(), compareWith: 'turn' });
    expect(got).toEqual([[-1.5, -1.5], [1.5, 1.5, 0], [0]]);
  });

  it('an early turn of an episode that ends badly can still be good', () => {
    const options = { estimator: reinforce(), gamma: 0.5 };
    expect(turnAdvantages([[2, 0, -1]], ['a'], options)).toEqual([[1.75, -0.5, -1]]);
  });

  it('refuses ids that do not fit and a discount outside [0, 1]', () => {
    expect(() => turnAdvantages([[1]], [], { estimator: drGrpo() })).toThrow(
      'groupIds needs shape [1]',
    );
    expect(() => turnAdvantages([[1]], [1], { estimator: drGrpo(), gamma: 2 })).toThrow('gamma');
  });
});

describe('turnsToTokens', () => {
  it('gives every token the advantage of its turn, and 0 outside all turns', () => {
    const tokens = turnsToTokens([[2, 5], [7]], [0, 1, -1, -1, 0, 0], [2, 3]);
    expect([...tokens]).toEqual([2, 5, 0, 0, 7, 7]);
  });

  it('refuses a turn that its episode does not have', () => {
    expect(() => turnsToTokens([[2]], [0, 1], [1, 2])).toThrow(
      'turnOf needs turns below 1, got 1 at [0, 1]',
    );
    expect(() => turnsToTokens([[2]], [0], [1, 2])).toThrow('turnOf of shape [1, 2], got 1 and 1');
  });
});
