import type { RewardValue } from '@grpo/rewards';
import type { Collected, Rollout, TrainParts } from './types.js';

/** One episode as a line of episodes.jsonl. */
export interface EpisodeLine {
  /** Counted from 1, as in the metrics. */
  readonly step: number;
  readonly group: string;
  readonly task: string;
  readonly messages: Rollout['episode']['messages'];
  readonly end: Rollout['episode']['end'];
  /** Why the environment ended it, where it says so. */
  readonly stopReason?: string;
  /** By the reward's name; null where it does not apply or failed. */
  readonly rewards: Readonly<Record<string, RewardValue>>;
  /** What rewards were made of, each named `reward/part`. */
  readonly parts: Readonly<Record<string, RewardValue>>;
  /** The advantage, or its mean over the model's tokens where each has one of its own; null where it was not trained on. */
  readonly advantage: number | null;
  /** [T] of each token, rounded to 4 decimals, where they have advantages of their own; 0 where the mask is 0. */
  readonly advantages?: readonly number[];
  /** [T] */
  readonly ids: readonly number[];
  /** [T] 1 where the model produced the token. */
  readonly mask: readonly number[];
  /** [T] the sampler's, rounded to 4 decimals; 0 where the mask is 0. */
  readonly logProbs: readonly number[];
  readonly failure?: Rollout['failure'];
}

/** Everything that was played in a step, with the advantages of what was trained on. */
export function episodeLines(
  step: number,
  { played, rollouts }: Collected,
  advantages: Float64Array,
  rewards: TrainParts['rewards'],
): EpisodeLine[] {
  const trained = new Map(rollouts.map((rollout, b) => [rollout, b]));
  const width = advantages.length / Math.max(1, rollouts.length); // 1 or T
  return played.rollouts.map((rollout, i) => {
    const b = trained.get(rollout);
    const own = b === undefined ? undefined : advantages.subarray(b * width, (b + 1) * width);
    const { task, groupId, ids, mask, logProbs, episode, failure } = rollout;
    return {
      step,
      group: groupId,
      task: task.id,
      messages: episode.messages,
      end: episode.end,
      ...(episode.stopReason !== undefined && { stopReason: episode.stopReason }),
      rewards: Object.fromEntries(rewards.map(({ name }, k) => [name, played.scores.values[i][k]])),
      parts: played.scores.parts?.[i] ?? {},
      advantage: own === undefined ? null : meanOwn(own, mask),
      ...(own !== undefined &&
        width > 1 && { advantages: mask.map((isOwn, t) => (isOwn ? rounded(own[t]) : 0)) }),
      ids,
      mask: mask.map(Number),
      logProbs: logProbs.map(rounded),
      ...(failure && { failure }),
    };
  });
}

/** One advantage, or the mean of those of the model's tokens. */
function meanOwn(advantages: Float64Array, mask: readonly boolean[]): number {
  if (advantages.length === 1) return advantages[0];
  const own = mask.flatMap((isOwn, t) => (isOwn ? [advantages[t]] : []));
  return own.reduce((sum, a) => sum + a, 0) / Math.max(1, own.length);
}

function rounded(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
