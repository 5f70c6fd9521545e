import { score } from '@grpo/advantage';
import type { TaskOutcome } from '@grpo/envs';
import type { AnyReward } from '@grpo/rewards';
import { weightsOf } from './greedy-scores.js';
import type { Rollout, Scores } from './types.js';

/**
 * How the episodes of a step went, for the source of its tasks. Episodes that failed, or to which no
 * reward applies, are left out: they say nothing about the task.
 */
export function taskOutcomes(
  rewards: readonly AnyReward[],
  rollouts: readonly Rollout[],
  { values }: Pick<Scores, 'values'>,
): readonly TaskOutcome[] {
  const groupIds = rollouts.map(({ groupId }) => groupId);
  const { scores } = score({ rewards: values, weights: weightsOf(rewards), groupIds }); // [B]
  return rollouts.flatMap(({ task, failure }, b) =>
    failure === undefined && Number.isFinite(scores[b]) ? [{ task, reward: scores[b] }] : [],
  );
}
