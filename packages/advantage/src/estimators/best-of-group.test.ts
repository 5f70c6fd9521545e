import { describe, expect, it } from 'vitest';
import { bestOfGroup } from './best-of-group.js';

const raw = bestOfGroup({ isNormalized: false });

describe('bestOfGroup', () => {
  it('moves the best completion by its lead over the second, and no other', () => {
    const { advantages } = raw({ rewards: [[5], [1], [3], [2], [9]], groupIds: [1, 1, 1, 2, 2] });
    expect([...advantages]).toEqual([2, 0, 0, 0, 7]);
  });

  it('divides by the deviation of the group', () => {
    const { advantages } = bestOfGroup({ epsilon: 0 })({
      rewards: [[1], [2], [3]],
      groupIds: [1, 1, 1],
    });
    expect([...advantages]).toEqual([0, 0, 1]);
  });

  it('is an unbiased gradient of the expected best of two: R(1) + R(2) sampled from a softmax', () => {
    // Two arms with rewards 0 and 1, chance p of the good one: E[max of 2] = 1 − (1 − p)².
    const p = 0.3;
    let gradient = 0;
    for (const a of [0, 1]) {
      for (const b of [0, 1]) {
        const chance = (a ? p : 1 - p) * (b ? p : 1 - p);
        const { advantages } = raw({ rewards: [[a], [b]], groupIds: [1, 1] });
        const scoreOf = (arm: number) => (arm ? 1 / p : -1 / (1 - p));
        gradient += chance * (advantages[0] * scoreOf(a) + advantages[1] * scoreOf(b));
      }
    }
    expect(gradient).toBeCloseTo(2 * (1 - p), 12);
  });

  it('a shared lead, a lone score and unscored completions give 0', () => {
    const { advantages } = raw({ rewards: [[4], [4], [7], [null]], groupIds: [1, 1, 2, 2] });
    expect([...advantages]).toEqual([0, 0, 0, 0]);
  });
});
