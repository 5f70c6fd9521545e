import { type TokenLayout, tokenRewards } from '@grpo/advantage';
import type { AnyReward, Reward, RewardFn } from '@grpo/rewards';
import type { Rollout, Scores } from './types.js';

const paid: RewardFn = (episode) => episode.environmentReward;

/**
 * What the environment paid in all turns of an episode, as one reward among others. Advantages per token know it:
 * they give each turn's share to the last token of that turn.
 */
export function environmentReward(): Reward {
  return { name: 'environmentReward', fn: paid };
}

/**
 * Spreads scores over tokens: what the environment paid for a turn, and what a reward per turn gave it, at that turn's
 * last token, the rest at the last token of all. A row adds up to its score.
 *
 * @param rewards [K] with their weights
 * @param values [B][K] rewards of the rollouts
 * @param scores [B] NaN where no reward applies
 * @param turns [B] what rewards per turn gave each turn, by their names
 * @returns [B, T]
 */
export function rewardsInTime(
  rewards: readonly AnyReward[],
  rollouts: readonly Rollout[],
  values: Scores['values'],
  scores: Float64Array,
  layout: TokenLayout,
  turns?: Scores['turns'],
): Float64Array {
  const paidAt = rollouts.map((rollout, b) =>
    rewards.flatMap((reward, k) => {
      const { name, weight = 1 } = reward;
      if (values[b][k] === null) return [];
      const perTurn = turns?.[b]?.[name];
      return rollout.turnRewards.flatMap((turn, t) => {
        const earned = isPaid(reward) ? turn.reward : perTurn?.[t];
        return earned ? [{ at: turn.at, reward: weight * earned }] : [];
      });
    }),
  ); // [B][turns]
  const rest = scores.map(
    (score, b) => score - paidAt[b].reduce((sum, { reward }) => sum + reward, 0),
  ); // [B]
  const spread = tokenRewards(rest, layout); // [B, T]
  for (const [b, row] of paidAt.entries()) {
    for (const { at, reward } of row) spread[b * layout.shape[1] + at] += reward;
  }
  return spread;
}

function isPaid(reward: AnyReward): boolean {
  return 'fn' in reward && reward.fn === paid;
}
