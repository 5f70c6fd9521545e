import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { gdpo } from './gdpo.js';

interface Golden {
  readonly name: string;
  readonly config: {
    readonly num_generations: number;
    readonly multi_objective_aggregation: string;
    readonly reward_weights: number[];
  };
  readonly rewards: (number | null)[][];
  readonly advantages: number[];
  readonly metrics: Record<string, number>;
}

const file = new URL('../../fixtures/grpo-advantages.json', import.meta.url);
const goldens: Golden[] = JSON.parse(readFileSync(file, 'utf8')).cases.filter(
  ({ config }: Golden) => config.multi_objective_aggregation === 'normalize_then_sum',
);

describe('gdpo', () => {
  it.each(goldens.map((golden) => [golden.name, golden] as const))('TRL: %s', (_, golden) => {
    const G = golden.config.num_generations;
    const { advantages, metrics } = gdpo()({
      rewards: golden.rewards,
      groupIds: golden.rewards.map((_, i) => Math.floor(i / G)),
      weights: golden.config.reward_weights,
    });
    golden.advantages.forEach((expected, i) => {
      expect(Math.abs(advantages[i] - expected)).toBeLessThan(
        1e-9 * Math.max(1, Math.abs(expected)),
      );
    });
    for (const name of ['reward', 'reward_std', 'frac_reward_zero_std']) {
      expect(metrics[name]).toBeCloseTo(golden.metrics[name], 9);
    }
  });

  it('the unit of a reward function does not matter: a wide spread cannot drown a narrow one', () => {
    const of = (unit: number) =>
      gdpo({ epsilon: 0 })({
        rewards: [
          [1, 0],
          [0, unit],
          [1, unit],
          [0, 0],
        ],
        groupIds: [1, 1, 1, 1],
      }).advantages;
    of(1).forEach((A, i) => {
      expect(of(1e6)[i]).toBeCloseTo(A, 12);
    });
  });

  it('opposite rewards cancel exactly', () => {
    const { advantages, metrics } = gdpo()({
      rewards: [
        [1, 0],
        [0, 1],
      ],
      groupIds: ['a', 'a'],
    });
    expect(Array.from(advantages, Math.abs)).toEqual([0, 0]);
    expect(metrics.frac_reward_zero_std).toBe(1);
  });

  it('a completion without a score gets 0 and stays out of the batch statistics', () => {
    const rows = [[1], [0], [1]];
    const ids = [1, 1, 1];
    const without = gdpo()({ rewards: rows, groupIds: ids }).advantages;
    const { advantages } = gdpo()({ rewards: [...rows, [null]], groupIds: [...ids, 1] });
    expect([...advantages]).toEqual([...without, 0]);
  });
});
