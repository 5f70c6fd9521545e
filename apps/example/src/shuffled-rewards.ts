import type { AdvantageEstimator, RewardBatch } from '@grpo/advantage';
import { keyedRandom, shuffled } from '@grpo/random';

/**
 * A control that must not learn: the rewards are dealt out anew among all episodes of the step, so that they
 * keep their distribution and lose their meaning.
 *
 * @returns an estimator whose memory counts the steps, so that a resumed run deals as an unbroken one does
 */
export function shuffledRewards(estimator: AdvantageEstimator, seed: number): AdvantageEstimator {
  let calls = 0;
  const estimate = (batch: RewardBatch) => {
    const random = keyedRandom(seed, 'shuffled rewards', calls++);
    return estimator({ ...batch, rewards: shuffled(batch.rewards, random) });
  };
  const memory = {
    save: () => ({ ...estimator.memory?.save(), calls }),
    load: (saved: Readonly<Record<string, number>>) => {
      estimator.memory?.load(saved);
      calls = saved.calls ?? 0;
    },
  };
  return Object.assign(estimate, { memory });
}
