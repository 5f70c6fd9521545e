import { describe, expect, it } from 'vitest';
import { groupRelative } from '../group-relative.js';
import { clipAdvantages } from './clip-advantages.js';
import { reinforce } from './recipes.js';

describe('clipAdvantages', () => {
  it('bounds both sides and counts what it bounded', () => {
    const { advantages, metrics } = clipAdvantages(reinforce(), { limit: 2 })({
      rewards: [[5], [-7], [1], [2]],
      groupIds: [1, 1, 1, 1],
    });
    expect([...advantages]).toEqual([2, -2, 1, 2]);
    expect(metrics['advantage/clipped']).toBe(0.5);
  });

  it('keeps the memory of what it wraps', () => {
    const estimate = clipAdvantages(groupRelative({ baseline: 'moving-average' }));
    estimate({ rewards: [[3]], groupIds: [1] });
    expect(estimate.memory?.save()).toEqual({ average: 3 });
    expect(clipAdvantages(reinforce()).memory).toBeUndefined();
  });

  it('refuses a limit that is not above 0', () => {
    expect(() => clipAdvantages(reinforce(), { limit: 0 })).toThrow('limit needs a number above 0');
  });
});
