import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { groupRelative } from '../group-relative.js';
import {
  drGrpo,
  grpo,
  litePpo,
  maxRl,
  opo,
  reinforce,
  reinforcePlusPlus,
  reinforcePlusPlusBaseline,
  reMax,
  rloo,
} from './recipes.js';

interface Golden {
  readonly name: string;
  readonly config: {
    readonly num_generations: number;
    readonly beta: number;
    readonly normalize_advantages: boolean;
    readonly reward_clip_range: [number, number] | null;
    readonly reward_weights: number[];
  };
  readonly rewards: (number | null)[][];
  readonly completion_mask: number[][];
  readonly old_logps: number[][];
  readonly ref_logps: number[][] | null;
  readonly advantages: number[];
  readonly metrics: Record<string, number>;
}

const file = new URL('../../fixtures/rloo-advantages.json', import.meta.url);
const goldens: Golden[] = JSON.parse(readFileSync(file, 'utf8')).cases;

const batch = {
  rewards: [[1], [0], [0], [5], [3], [1]],
  groupIds: ['a', 'a', 'a', 'b', 'b', 'b'],
  greedyScores: [1, 1, 1, 2, 2, 2],
  lengths: [2, 1, 1, 1, 2, 1],
};
const rounded = (values: Float64Array) => Array.from(values, (A) => Number(A.toFixed(4)));

describe('rloo', () => {
  it.each(goldens.map((golden) => [golden.name, golden] as const))('TRL: %s', (_, golden) => {
    const { num_generations: G, beta, reward_clip_range: range, reward_weights } = golden.config;
    const estimate = rloo({
      isNormalized: golden.config.normalize_advantages,
      ...(range && { scoreRange: range }),
    });
    const { advantages, metrics } = estimate({
      rewards: golden.rewards,
      groupIds: golden.rewards.map((_, i) => Math.floor(i / G)),
      weights: reward_weights,
      penalties: golden.completion_mask.map((mask, b) =>
        mask.reduce((sum, m, t) => {
          const d = golden.old_logps[b][t] - (golden.ref_logps?.[b][t] ?? golden.old_logps[b][t]);
          return sum + beta * m * d;
        }, 0),
      ),
    });
    golden.advantages.forEach((expected, i) => {
      expect(Math.abs(advantages[i] - expected)).toBeLessThan(1e-9);
    });
    for (const name of ['reward', 'reward_std', 'frac_reward_zero_std']) {
      expect(metrics[name]).toBeCloseTo(golden.metrics[name], 9);
    }
  });
});

describe('recipes', () => {
  it('each gives the advantages of its formula', () => {
    const of = (estimate: ReturnType<typeof grpo>) => rounded(estimate(batch).advantages);
    const epsilon = { epsilon: 0 };
    expect(of(reinforce())).toEqual([1, 0, 0, 5, 3, 1]);
    expect(of(drGrpo())).toEqual([0.6667, -0.3333, -0.3333, 2, 0, -2]);
    expect(of(grpo(epsilon))).toEqual([1.1547, -0.5774, -0.5774, 1, 0, -1]);
    expect(of(litePpo(epsilon))).toEqual([0.339, -0.1695, -0.1695, 1.0171, 0, -1.0171]);
    expect(of(rloo())).toEqual([1, -0.5, -0.5, 3, 0, -3]);
    expect(of(reinforcePlusPlus(epsilon))).toEqual([
      -0.339, -0.8476, -0.8476, 1.6952, 0.6781, -0.339,
    ]);
    expect(of(reinforcePlusPlusBaseline(epsilon))).toEqual([
      0.5064, -0.2532, -0.2532, 1.5191, 0, -1.5191,
    ]);
    expect(of(reMax())).toEqual([0, -1, -1, 3, 1, -1]);
    expect(of(opo())).toEqual([0.5, -0.5, -0.5, 2, 0, -2]);
    expect(of(maxRl())).toEqual([2, -1, -1, 0.6667, 0, -0.6667]);
  });

  it('a swapped baseline changes the result, with every scaling: nothing is centred again', () => {
    const names = ['none', 'group-mean', 'group-median', 'global-mean', 'leave-one-out'];
    for (const scaling of ['none', 'group-std', 'batch-std']) {
      const results = names.map((baseline) =>
        JSON.stringify(rounded(groupRelative({ baseline, scaling })(batch).advantages)),
      );
      expect(new Set(results).size).toBe(names.length);
    }
  });

  it('near-equal rewards with leave-one-out and a deviation do not explode', () => {
    const rewards = [[0.3], [0.1 + 0.2], [0.3]];
    const { advantages } = rloo({ isNormalized: true })({ rewards, groupIds: [1, 1, 1] });
    expect(Math.max(...advantages.map(Math.abs))).toBeLessThan(1e-10);
  });
});
