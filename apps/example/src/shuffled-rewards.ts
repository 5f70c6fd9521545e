import type { AdvantageEstimator } from '@grpo/advantage';
import { keyedRandom, shuffled } from '@grpo/random';

/**
 * A control that must not learn: the rewards are dealt out anew among all episodes of the step, so that they
 * keep their distribution and lose their meaning.
 */
export function shuffledRewards(estimator: AdvantageEstimator, seed: number): AdvantageEstimator {
  let calls = 0;
  return (batch) => {
    const random = keyedRandom(seed, 'shuffled rewards', calls++);
    return estimator({ ...batch, rewards: shuffled(batch.rewards, random) });
  };
}
