import { type TokenLayout, tokenRewards } from '@grpo/advantage';
import type { Reward, RewardFn } from '@grpo/rewards';
import type { Scores } from './score.js';
import type { Rollout } from './types.js';

const paid: RewardFn = (episode) => episode.environmentReward;

/**
 * What the environment paid in all turns of an episode, as one reward among others. Advantages per token know it:
 * they give each turn's share to the last token of that turn.
 */
export function environmentReward(): Reward {
  return { name: 'environmentReward', fn: paid };
}

/**
 * Spreads scores over tokens: what the environment paid for a turn at that turn's last token, the rest at the last
 * token of all. A row adds up to its score.
 *
 * @param rewards [K] with their weights
 * @param values [B][K] rewards of the rollouts
 * @param scores [B] NaN where no reward applies
 * @returns [B, T]
 */
export function rewardsInTime(
  rewards: readonly Reward[],
  rollouts: readonly Rollout[],
  values: Scores['values'],
  scores: Float64Array,
  layout: TokenLayout,
): Float64Array {
  const k = rewards.findIndex(({ fn }) => fn === paid);
  if (k === -1) return tokenRewards(scores, layout);
  const { weight = 1 } = rewards[k];
  const turns = rollouts.map(({ turnRewards }, b) => (values[b][k] === null ? [] : turnRewards));
  const rest = scores.map(
    (score, b) => score - weight * turns[b].reduce((sum, { reward }) => sum + reward, 0),
  ); // [B]
  const spread = tokenRewards(rest, layout); // [B, T]
  for (const [b, row] of turns.entries()) {
    for (const { at, reward } of row) spread[b * layout.shape[1] + at] += weight * reward;
  }
  return spread;
}
