import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { rewardStatistics, scoreMetrics } from './metrics.js';
import { score } from './score.js';

interface Golden {
  readonly name: string;
  readonly rewards: (number | null)[][];
  readonly metrics: Record<string, number>;
}

const file = new URL('../fixtures/grpo-advantages.json', import.meta.url);
const goldens: Golden[] = JSON.parse(readFileSync(file, 'utf8')).cases;

describe('rewardStatistics', () => {
  it.each(goldens.map((golden) => [golden.name, golden] as const))('TRL: %s', (_, golden) => {
    rewardStatistics(golden).forEach(({ mean, std }, k) => {
      expect(mean).toBeCloseTo(golden.metrics[`rewards/reward_${k}/mean`], 9);
      expect(std).toBeCloseTo(golden.metrics[`rewards/reward_${k}/std`], 9);
    });
  });

  it('counts the completions where a function applied', () => {
    expect(
      rewardStatistics({
        rewards: [
          [1, null],
          [3, Number.NaN],
        ],
      }),
    ).toEqual([
      { mean: 2, std: Math.SQRT2, count: 2 },
      { mean: Number.NaN, std: Number.NaN, count: 0 },
    ]);
  });
});

describe('scoreMetrics', () => {
  it('describes scores before clipping and penalties', () => {
    const batch = { rewards: [[4], [0]], groupIds: [1, 1], penalties: [9, 9] };
    expect(scoreMetrics(score(batch, { range: [0, 1] })).reward).toBe(2);
  });

  it('counts completions of flat groups, or the whole batch where that is the set', () => {
    const scored = score({ rewards: [[1], [1], [1], [0], [2]], groupIds: [1, 1, 1, 2, 2] });
    expect(scoreMetrics(scored).frac_reward_zero_std).toBe(0.6);
    expect(scoreMetrics(scored, 'batch').frac_reward_zero_std).toBe(0);
  });

  it('leaves out what does not exist, so that a log never holds NaN', () => {
    expect(scoreMetrics(score({ rewards: [[null]], groupIds: [1] }))).toEqual({
      frac_reward_zero_std: 0,
    });
  });
});
