import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { groupRelative } from './group-relative.js';

interface Golden {
  readonly name: string;
  readonly config: {
    readonly num_generations: number;
    readonly scale_rewards: 'group' | 'batch' | 'none';
    readonly multi_objective_aggregation: string;
    readonly reward_weights: number[];
  };
  readonly rewards: (number | null)[][];
  readonly advantages: number[];
  readonly metrics: Record<string, number>;
}

const scalingOf = { group: 'group-std', batch: 'batch-std', none: 'none' } as const;
const file = new URL('../fixtures/grpo-advantages.json', import.meta.url);
const goldens: Golden[] = JSON.parse(readFileSync(file, 'utf8')).cases;

describe('groupRelative: golden values of TRL 1.13', () => {
  const cases = goldens.filter(
    ({ config }) => config.multi_objective_aggregation === 'sum_then_normalize',
  );

  it.each(cases.map((golden) => [golden.name, golden] as const))('%s', (_, golden) => {
    const { num_generations: G, scale_rewards, reward_weights: weights } = golden.config;
    const { advantages, metrics } = groupRelative({ scaling: scalingOf[scale_rewards] })({
      rewards: golden.rewards,
      groupIds: golden.rewards.map((_, i) => Math.floor(i / G)),
      weights,
    });
    golden.advantages.forEach((expected, i) => {
      expect(Math.abs(advantages[i] - expected)).toBeLessThan(
        1e-9 * Math.max(1, Math.abs(expected)),
      );
    });
    for (const name of ['reward', 'reward_std', 'frac_reward_zero_std']) {
      expect(metrics[name]).toBeCloseTo(golden.metrics[name], 6);
    }
  });
});

describe('groupRelative: identities', () => {
  const rewards = [[1], [4], [2], [8], [5], [7]];
  const groupIds = ['a', 'a', 'a', 'b', 'b', 'b'];

  it('advantages of a group add up to 0 with the group mean', () => {
    const { advantages } = groupRelative()({ rewards, groupIds });
    expect(advantages.slice(0, 3).reduce((sum, A) => sum + A, 0)).toBeCloseTo(0, 12);
  });

  it('leave-one-out is n/(n − 1) times the centred score', () => {
    const loo = groupRelative({ baseline: 'leave-one-out', scaling: 'none' });
    const centred = groupRelative({ scaling: 'none' });
    const expected = centred({ rewards, groupIds }).advantages.map((A) => (3 / 2) * A);
    loo({ rewards, groupIds }).advantages.forEach((A, i) => {
      expect(A).toBeCloseTo(expected[i], 12);
    });
  });

  it('an advantage belongs to its group id, not to its position or to the order of groups', () => {
    const order = [3, 0, 5, 1, 4, 2];
    const shuffled = groupRelative()({
      rewards: order.map((i) => rewards[i]),
      groupIds: order.map((i) => groupIds[i]),
    }).advantages;
    const straight = groupRelative()({ rewards, groupIds }).advantages;
    order.forEach((i, position) => {
      expect(shuffled[position]).toBeCloseTo(straight[i], 12);
    });
  });

  it('a constant added to every reward of a group changes nothing', () => {
    const shifted = rewards.map(([reward], i) => [reward + (i < 3 ? 1000 : -50)]);
    const straight = groupRelative()({ rewards, groupIds }).advantages;
    groupRelative()({ rewards: shifted, groupIds }).advantages.forEach((A, i) => {
      expect(A).toBeCloseTo(straight[i], 9);
    });
  });

  it('groups may have different sizes, and each is compared with itself alone', () => {
    const { advantages } = groupRelative({ scaling: 'none' })({
      rewards: [[1], [3], [10], [20], [60]],
      groupIds: [7, 7, 9, 9, 9],
    });
    expect([...advantages]).toEqual([-1, 1, -20, -10, 30]);
  });
});

describe('groupRelative: edges', () => {
  it('equal rewards give exactly zero advantage, whatever their value', () => {
    for (const reward of [0.1, 1 / 3, 1e9 + 0.1, -7e-5]) {
      const rewards = Array.from({ length: 7 }, () => [reward]);
      const groupIds = rewards.map(() => 'a');
      for (const baseline of ['group-mean', 'leave-one-out']) {
        for (const epsilon of [0, 1e-4]) {
          const scaling = { name: 'group-std', epsilon };
          const { advantages, metrics } = groupRelative({ baseline, scaling })({
            rewards,
            groupIds,
          });
          expect(advantages.every((A) => A === 0)).toBe(true);
          expect(metrics.frac_reward_zero_std).toBe(1);
        }
      }
    }
  });

  it('nearly equal rewards stay bounded: 4 rewards that differ by rounding do not explode', () => {
    const rewards = [[0.3], [0.1 + 0.2], [0.3], [0.3]];
    const { advantages, metrics } = groupRelative({ baseline: 'leave-one-out' })({
      rewards,
      groupIds: [1, 1, 1, 1],
    });
    expect(Math.max(...advantages.map(Math.abs))).toBeLessThan(1e-11);
    expect(metrics.frac_reward_zero_std).toBe(1);
  });

  it('a completion without any applicable reward gets 0 and stays out of the baseline', () => {
    const { advantages, metrics } = groupRelative({ scaling: 'none' })({
      rewards: [
        [1, null],
        [3, Number.NaN],
        [null, null],
      ],
      groupIds: ['a', 'a', 'a'],
    });
    expect([...advantages]).toEqual([-1, 1, 0]);
    expect(metrics.reward).toBe(2);
  });

  it('a lone completion gets 0 from every baseline within a group', () => {
    for (const baseline of ['group-mean', 'leave-one-out']) {
      for (const scaling of ['none', 'group-std']) {
        const { advantages, metrics } = groupRelative({ baseline, scaling })({
          rewards: [[5]],
          groupIds: ['a'],
        });
        expect([...advantages]).toEqual([0]);
        expect(metrics).toEqual({ reward: 5, frac_reward_zero_std: 0 });
      }
    }
  });

  it('an empty batch has no advantages and no metrics', () => {
    const { advantages, metrics } = groupRelative()({ rewards: [], groupIds: [] });
    expect(advantages).toHaveLength(0);
    expect(metrics).toEqual({});
  });

  it('bad input is an error that says what to do', () => {
    const estimate = groupRelative();
    expect(() => estimate({ rewards: [[1], [2]], groupIds: ['a'] })).toThrow(
      'score: groupIds needs shape [2], got [1]. Pass one id per completion.',
    );
    expect(() => estimate({ rewards: [[1]], groupIds: ['a'], weights: [1, 2] })).toThrow(
      'score: weights needs shape [1], got [2].',
    );
    expect(() => estimate({ rewards: [[1], [2, 3]], groupIds: ['a', 'a'] })).toThrow(
      'score: rewards[1] needs shape [1], got [2].',
    );
    expect(() => estimate({ rewards: [[1 / 0]], groupIds: ['a'] })).toThrow(
      'got Infinity at [0, 0]',
    );
    expect(() => estimate({ rewards: [[1]], groupIds: ['a'], weights: [Number.NaN] })).toThrow(
      'weights needs finite numbers, got NaN',
    );
    expect(() => groupRelative({ baseline: 'avarage' })).toThrow("no baseline is named 'avarage'");
    expect(() => groupRelative({ scaling: { name: 'group-std', epsilom: 1 } })).toThrow(
      "the scaling 'group-std' has no option 'epsilom'",
    );
  });
});
