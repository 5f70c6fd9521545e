import { describe, expect, it } from 'vitest';
import { mean, standardDeviation } from '../statistics.js';
import { drGrpo, reinforce, reinforcePlusPlusBaseline } from './recipes.js';
import { whiten } from './whiten.js';

const batch = { rewards: [[1], [4], [2], [9], [5]], groupIds: [1, 1, 2, 2, 2] };

describe('whiten', () => {
  it('gives mean 0 and deviation 1 over the batch', () => {
    const { advantages } = whiten(reinforce(), { epsilon: 0 })(batch);
    expect(mean([...advantages])).toBeCloseTo(0, 12);
    expect(standardDeviation([...advantages])).toBeCloseTo(1, 12);
  });

  it('of centred groups is REINFORCE++ with a group baseline', () => {
    const expected = reinforcePlusPlusBaseline()(batch).advantages;
    whiten(drGrpo())(batch).advantages.forEach((A, i) => {
      expect(A).toBeCloseTo(expected[i], 12);
    });
  });

  it('leaves out what has no score', () => {
    const { advantages } = whiten(reinforce())({
      rewards: [...batch.rewards, [null]],
      groupIds: [...batch.groupIds, 2],
    });
    expect([...advantages]).toEqual([...whiten(reinforce())(batch).advantages, 0]);
  });

  it('one score, or equal ones, give 0', () => {
    expect([...whiten(reinforce())({ rewards: [[7]], groupIds: [1] }).advantages]).toEqual([0]);
    const equal = { rewards: [[0.1], [0.1], [0.1]], groupIds: [1, 2, 3] };
    expect([...whiten(reinforce(), { epsilon: 0 })(equal).advantages]).toEqual([0, 0, 0]);
  });
});
