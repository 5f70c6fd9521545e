import {
  type AdvantageEstimator,
  type RewardBatch,
  type ScoredBatch,
  score,
  scoreMetrics,
} from '@grpo/advantage';
import { toBatches } from './batch.js';
import { type Lesson, statesOf, valuesOf } from './critic.js';
import { rewardsInTime } from './environment-reward.js';
import { greedyScores, weightsOf } from './greedy-scores.js';
import type {
  Critic,
  Rollout,
  RolloutFailure,
  Scores,
  TokenAdvantageEstimator,
  TrainConfig,
  TrainParts,
} from './types.js';

/** A KL to be taken off the rewards, weight included. */
export interface Penalties {
  /** [B] */
  readonly perSequence: readonly number[];
  /** [B, T], T tokens of the longest rollout */
  readonly perToken: Float64Array;
}

/** Advantages of one step. */
export interface Estimate {
  /** [B] one per rollout, or [B, T] one per token, T those of the longest rollout. */
  readonly advantages: Float64Array;
  readonly metrics: Readonly<Record<string, number>>;
  /** What the critic learns, where there is one. */
  readonly lesson?: Lesson;
}

/**
 * Compares the rewards of a step's rollouts, in one of three ways: with each other, with what a critic expected of
 * each prompt, or with what it expected at each token.
 *
 * @param step counted from 0
 * @param scored values [B][K], null where a reward does not apply, and those of turns
 */
export async function estimateAdvantages(
  parts: TrainParts,
  config: TrainConfig,
  step: number,
  rollouts: readonly Rollout[],
  { values, turns }: Pick<Scores, 'values' | 'turns'>,
  penalties?: Penalties,
): Promise<Estimate> {
  const { advantage, critic } = parts;
  const batch: RewardBatch = {
    rewards: values,
    weights: weightsOf(parts.rewards),
    groupIds: rollouts.map(({ groupId }) => groupId),
    lengths: rollouts.map(({ mask }) => mask.filter(Boolean).length),
    gradientNorms: rollouts.map(squaredGradient),
    ...(penalties && !('perToken' in advantage) && { penalties: penalties.perSequence }),
  };
  const scored = score(batch); // [B]
  if ('perToken' in advantage) {
    const own = { ...parts, advantage, critic };
    if (isWithCritic(own)) return perToken(own, config, rollouts, scored, { turns, penalties });
    throw new Error(
      'estimateAdvantages: advantages per token need a critic, got none. Pass parts.critic.',
    );
  }
  const greedy = config.usesGreedyRollouts
    ? withGreedyScores(batch, await greedyScores(parts, config, step, rollouts))
    : batch;
  return critic
    ? withExpectations(advantage, critic, config, rollouts, greedy, scored)
    : advantage(greedy);
}

/**
 * Stands in for a completion's squared gradient norm, for the `optimal` baseline: Σ (1 − π)² over the model's tokens.
 * With respect to the logits the norm of one token is ‖e − π‖² = (1 − π)² + Σ of the other tokens' π², which lies
 * between that and twice that, and what the sampler tells is enough for it.
 */
function squaredGradient({ logProbs, mask }: Rollout): number {
  return logProbs.reduce(
    (sum, logProb, t) => sum + (mask[t] ? (1 - Math.exp(logProb)) ** 2 : 0),
    0,
  );
}

/** A completion whose greedy sibling has no score has nothing to be compared with, so its rewards do not apply. */
function withGreedyScores(batch: RewardBatch, greedy: readonly number[]): RewardBatch {
  const isKnown = greedy.map((score) => Number.isFinite(score));
  return {
    ...batch,
    rewards: batch.rewards.map((row, i) => (isKnown[i] ? row : row.map(() => null))),
    greedyScores: greedy.map((score, i) => (isKnown[i] ? score : 0)),
  };
}

/** A value per completion, that of the state in which the model starts to answer, for the `learned` baseline. */
async function withExpectations(
  advantage: AdvantageEstimator,
  critic: Critic,
  config: TrainConfig,
  rollouts: readonly Rollout[],
  batch: RewardBatch,
  { scores }: ScoredBatch,
): Promise<Estimate> {
  const starts = onlyScored(rollouts, scores).map((rollout) => {
    const first = rollout.mask.indexOf(true);
    return { ...rollout, mask: rollout.mask.map((_, t) => t === first) };
  });
  const { before: states } = await statesOf(critic.model, starts, config.microBatchSize); // [n, D]
  const oldValues = await valuesOf(critic, states); // [n]

  const rows = starts.flatMap(({ failure, mask }, i) =>
    failure === undefined && mask.includes(true) ? [i] : [],
  ); // [n]
  const values = new Array<number>(rollouts.length).fill(0); // [B]
  for (const [n, i] of rows.entries()) values[i] = oldValues[n];
  const returns = rows.map((i) => scores[i]); // [n]
  return {
    ...advantage({ ...batch, values }),
    lesson: { states, targets: { returns, oldValues } },
  };
}

type PartsPerToken = Pick<TrainParts, 'rewards'> & {
  readonly advantage: TokenAdvantageEstimator;
  readonly critic: Critic;
};

function isWithCritic<P extends { readonly critic?: Critic | undefined }>(
  parts: P,
): parts is P & { readonly critic: Critic } {
  return parts.critic !== undefined;
}

/**
 * A value before each of the model's tokens. The score is earned at a completion's last token, but for what the
 * environment paid on the way, if that is one of the rewards (`environmentReward`). Bootstrap values are those of the
 * state after it where the episode was cut off, and 0 where the environment ended it.
 */
async function perToken(
  { advantage, critic, rewards }: PartsPerToken,
  config: TrainConfig,
  rollouts: readonly Rollout[],
  scored: ScoredBatch,
  {
    turns,
    penalties,
  }: { readonly turns: Scores['turns']; readonly penalties: Penalties | undefined },
): Promise<Estimate> {
  const { scores } = scored;
  const counted = onlyScored(rollouts, scores);
  const { before: states, after } = await statesOf(critic.model, counted, config.microBatchSize);
  const oldValues = await valuesOf(critic, states); // [N]
  const valuesAfter = await valuesOf(critic, after); // [B]

  const [{ tokens }] = toBatches(counted, scores, counted.length, 1);
  const layout = { mask: tokens.mask, shape: tokens.shape };
  const places = Array.from(tokens.mask.keys()).filter((i) => tokens.mask[i] === 1); // [N]
  const values = new Float64Array(tokens.mask.length); // [B, T]
  for (const [n, i] of places.entries()) values[i] = oldValues[n];
  const isCutOff = counted.map(({ episode }) => episode.end !== 'terminated'); // [B]

  const earned = rewardsInTime(rewards, rollouts, scored.batch.rewards, scores, layout, turns); // [B, T]
  const { advantages, returns } = advantage.perToken({
    ...layout,
    rewards: earned.map((reward, i) => reward - (penalties?.perToken[i] ?? 0)), // [B, T]
    values,
    bootstrapValues: valuesAfter.map((value, b) => (isCutOff[b] ? value : 0)), // [B]
  }); // [B, T] each
  return {
    advantages,
    metrics: scoreMetrics(scored, 'batch'),
    lesson: { states, targets: { returns: places.map((i) => returns[i]), oldValues } },
  };
}

const UNSCORED: RolloutFailure = { kind: 'unscored', reason: 'No reward applies.' };

/** A rollout without a score teaches nothing: it is masked as a failed one is. */
function onlyScored(rollouts: readonly Rollout[], scores: Float64Array): Rollout[] {
  return rollouts.map((rollout, i) =>
    Number.isNaN(scores[i]) ? { ...rollout, failure: UNSCORED } : rollout,
  );
}
