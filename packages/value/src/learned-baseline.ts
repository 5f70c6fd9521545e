import {
  type Advantages,
  type GroupRelativeOptions,
  groupRelative,
  learned,
  type RewardBatch,
  score,
} from '@grpo/advantage';
import type { ValueEstimator, ValueTargets } from './types.js';

export interface LearnedBaselineAdvantages extends Advantages {
  /** [n] the completions that have a score, by number: those that the value function can learn from. */
  readonly scored: readonly number[];
  /** [n] their scores and their values; what to pass to `update` with the states of `scored`. */
  readonly targets: ValueTargets;
}

/**
 * Compares each completion's score with what a value function expected of its task: `Aᵢ = (Rᵢ − V(sᵢ)) / sᵢ`.
 *
 * REINFORCE with a learned baseline: Williams 1992, https://doi.org/10.1007/BF00992696; Sutton et al. 1999,
 * https://papers.nips.cc/paper/1713. Unlike a group's mean it takes no second completion of the same task, and
 * a completion's own score has no part in its baseline. The arithmetic is that of `groupRelative` with `learned`.
 *
 * @param valueFunction gives the values as they are now, before it learns these scores
 * @param states B of them: the end of each prompt
 * @param batch rewards [B][K] and the rest; its `values` are not read
 * @param options.scaling what the difference is divided by; default 1
 * @returns advantages [B], 0 where there is no score; metrics of `groupRelative`; targets
 * @throws where shapes differ, a reward is infinite or a value not finite
 */
export async function learnedBaselineAdvantages<States>(
  valueFunction: ValueEstimator<States>,
  states: States,
  batch: RewardBatch,
  { scaling = 'none', scoreRange }: Omit<GroupRelativeOptions, 'baseline'> = {},
): Promise<LearnedBaselineAdvantages> {
  const values = await valueFunction.values(states); // [B]
  const estimate = groupRelative({
    baseline: learned(),
    scaling,
    ...(scoreRange && { scoreRange }),
  });
  const result = estimate({ ...batch, values: Array.from(values) });
  const { scores } = score(batch, scoreRange && { range: scoreRange }); // [B]
  const scored = Array.from(scores.keys()).filter((i) => !Number.isNaN(scores[i])); // [n]
  return {
    ...result,
    scored,
    targets: {
      returns: Float64Array.from(scored, (i) => scores[i]),
      oldValues: Float64Array.from(scored, (i) => values[i]),
    },
  };
}
