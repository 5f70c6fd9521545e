import { describe, expect, it } from 'vitest';
import { gpg } from './gpg.js';

const rewards = [[1], [0], [1], [1], [0], [0]];
const groupIds = [1, 1, 2, 2, 3, 3];

describe('gpg', () => {
  it('scales by all completions over those of groups whose scores differ', () => {
    const { advantages, metrics } = gpg()({ rewards, groupIds });
    expect([...advantages]).toEqual([1.5, -1.5, 0, 0, 0, 0]);
    expect(metrics['gpg/alpha']).toBe(3);
  });

  it('counts scores other than 0, as verl does, if asked', () => {
    const { advantages, metrics } = gpg({ count: 'nonzero-scores' })({ rewards, groupIds });
    expect(metrics['gpg/alpha']).toBe(2);
    expect([...advantages]).toEqual([1, -1, 0, 0, 0, 0]);
  });

  it('where no group differs all advantages are 0', () => {
    const { advantages } = gpg()({ rewards: [[1], [1]], groupIds: [1, 1] });
    expect([...advantages]).toEqual([0, 0]);
  });

  it('completions without a score do not count', () => {
    const { metrics } = gpg()({ rewards: [[1], [0], [null]], groupIds: [1, 1, 1] });
    expect(metrics['gpg/alpha']).toBe(1);
  });
});
