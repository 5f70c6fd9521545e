import { score as weigh } from '@grpo/advantage';
import type { Task } from '@grpo/envs';
import { rollOut } from './rollout.js';
import { score } from './score.js';
import type { Rollout, TrainConfig, TrainParts } from './types.js';

/**
 * Plays the task of each group once with the most probable tokens: what ReMax compares with
 * (Li et al. 2023, https://arxiv.org/abs/2310.10505). Its tokens are not trained on, nor counted in `num_tokens`.
 *
 * @param rollouts [B] those to be compared
 * @returns [B] the score of the greedy episode of the same task; NaN where it failed or no reward applied
 */
export async function greedyScores(
  parts: Pick<TrainParts, 'policy' | 'chat' | 'env' | 'rewards'>,
  config: Pick<TrainConfig, 'seed' | 'maxCompletionLength' | 'maxTurns'>,
  step: number,
  rollouts: readonly Rollout[],
): Promise<number[]> {
  const tasks = new Map<string, Task>(rollouts.map(({ groupId, task }) => [groupId, task])); // [P]
  const greedy = await rollOut([...tasks.values()], 1, {
    ...parts,
    ...config,
    sampler: parts.policy.sampler(),
    temperature: 0,
    key: [config.seed, 'greedy rollout', step],
  }); // [P]
  const groupIds = [...tasks.keys()]; // [P]
  const { values: rewards } = await score(parts.rewards, greedy); // [P][K]
  const { scores } = weigh({ rewards, groupIds, weights: weightsOf(parts.rewards) }); // [P]
  const byGroup = new Map(groupIds.map((id, p) => [id, scores[p]]));
  return rollouts.map(({ groupId }) => byGroup.get(groupId) ?? Number.NaN);
}

/** [K] */
export function weightsOf(rewards: TrainParts['rewards']): number[] {
  return rewards.map(({ weight = 1 }) => weight);
}
