import type { AnyReward } from '@grpo/rewards';
import type { Collected } from '@grpo/trainer';
import type { Sample } from './frame.js';

/** The episodes of a step with their rewards, for people. */
export function samplesOf(
  { rollouts, scores }: Pick<Collected, 'rollouts' | 'scores'>,
  rewards: readonly AnyReward[],
): Sample[] {
  return rollouts.map(({ episode }, b) => {
    const values = scores.values[b] ?? [];
    return {
      messages: episode.messages,
      rewards: Object.fromEntries(rewards.map(({ name }, k) => [name, values[k] ?? null])),
      reward: rewards.reduce((sum, { weight = 1 }, k) => sum + weight * (values[k] ?? 0), 0),
    };
  });
}
