// Mistakes that other implementations made and repaired: one test each, so that none comes back here.
import { describe, expect, it } from 'vitest';
import {
  drGrpo,
  estimators,
  filterGroups,
  gae,
  groupRelative,
  rloo,
  score,
  tokenRewards,
  varyingScores,
  whiten,
} from './index.js';
import { baselines } from './registries.js';

const largest = (values: Float64Array) => Math.max(...values.map(Math.abs));

describe('nearly equal rewards', () => {
  const rewards = [[0.3], [0.1 + 0.2], [0.3], [0.1 + 0.2]];
  const groupIds = [1, 1, 1, 1];

  it('do not explode, with a group mean, leave-one-out or whitening', () => {
    for (const estimate of [groupRelative(), rloo({ isNormalized: true }), whiten(drGrpo())]) {
      expect(largest(estimate({ rewards, groupIds }).advantages)).toBeLessThan(1e-10);
    }
  });

  it('a deviation in two passes leaves no residue of large equal rewards', () => {
    const large = Array.from({ length: 16 }, () => [16777217.3]);
    const estimate = groupRelative({ scaling: { name: 'group-std', epsilon: 1e-12 } });
    expect(largest(estimate({ rewards: large, groupIds: large.map(() => 1) }).advantages)).toBe(0);
  });
});

describe('groups without spread', () => {
  it('are found by their deviation, not by a mean of 0 or 1', () => {
    const scored = score({ rewards: [[0.4], [0.4], [-2], [3]], groupIds: [1, 1, 2, 2] });
    expect([...filterGroups(scored, varyingScores()).keep]).toEqual([0, 0, 1, 1]);
  });
});

describe('a swapped baseline', () => {
  it('changes the result although advantages are scaled: nothing is centred again', () => {
    const batch = { rewards: [[1], [0], [0], [4]], groupIds: [1, 1, 2, 2] };
    const of = (baseline: string) => groupRelative({ baseline })(batch).advantages.join();
    const names = ['none', 'group-mean', 'global-mean', 'leave-one-out'];
    expect(new Set(names.map(of)).size).toBe(names.length);
    expect(names.every((name) => baselines.names().includes(name))).toBe(true);
  });
});

describe('group identity', () => {
  it('is an id: members in any order, equal prompts with different ids apart', () => {
    const mixed = drGrpo()({ rewards: [[1], [10], [3], [30]], groupIds: ['a', 'b', 'a', 'b'] });
    expect([...mixed.advantages]).toEqual([-1, -10, 1, 10]);
  });

  it('ids that are all different leave nothing to compare with: 0, not the reward itself', () => {
    const lone = groupRelative()({ rewards: [[1], [5]], groupIds: ['x', 'y'] });
    expect([...lone.advantages]).toEqual([0, 0]);
  });
});

describe('rewards that are not applicable', () => {
  it('null and NaN stay out of every baseline and deviation, give 0, and never NaN', () => {
    for (const name of estimators.names()) {
      const estimate = estimators.create(name);
      const extras = { greedyScores: [0, 0, 0], lengths: [1, 1, 1] };
      const { advantages, metrics } = estimate({
        rewards: [[1], [null], [Number.NaN]],
        groupIds: [1, 1, 1],
        ...extras,
      });
      expect([...advantages].slice(1), name).toEqual([0, 0]);
      for (const value of [...advantages, ...Object.values(metrics)]) {
        expect(Number.isFinite(value), name).toBe(true);
      }
      expect(JSON.stringify(metrics)).not.toContain('null');
    }
  });
});

describe('tokens of tools and environments', () => {
  it('are skipped in GAE: their value is neither used nor taken for 0', () => {
    const { advantages } = gae(
      { rewards: [0, 0, 1], values: [0.5, 7, 0.5], mask: [1, 0, 1], shape: [1, 3] },
      { gamma: 0.9, lambda: 0 },
    );
    expect(advantages[0]).toBeCloseTo(0.9 * 0.5 - 0.5, 15);
  });

  it('a reward that arrives on one of them is not lost', () => {
    const { returns } = gae({ rewards: [0, 1], values: [0, 0], mask: [1, 0], shape: [1, 2] });
    expect(returns[0]).toBe(1);
  });

  it('a score lands on the last token of the model, not on padding', () => {
    expect([...tokenRewards([1], { mask: [1, 1, 0, 0], shape: [1, 4] })]).toEqual([0, 1, 0, 0]);
  });

  it('a cut-off episode is continued by its bootstrap value, an ended one by 0', () => {
    const row = { rewards: [0], values: [0.5], mask: [1], shape: [1, 1] as const };
    expect(gae({ ...row, bootstrapValues: [0.8] }).advantages[0]).toBeCloseTo(0.3, 15);
    expect(gae(row).advantages[0]).toBe(-0.5);
  });
});
