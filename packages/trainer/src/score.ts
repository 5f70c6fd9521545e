import { type AnyReward, type ScoreOptions, scoreEpisodes } from '@grpo/rewards';
import type { Failure, Rollout } from './types.js';

/** Rewards of a step's rollouts, and what failed. */
export interface Scores {
  /** [B][K]; null where a reward does not apply or failed, and throughout a failed rollout. */
  readonly values: readonly (readonly (number | null)[])[];
  /** [B] the parts that rewards were made of, each named `reward/part`; none for a failed rollout. */
  readonly parts?: readonly Readonly<Record<string, number | null>>[];
  /** [B] values per turn of the model, by the reward's name, of rewards that are earned turn by turn. */
  readonly turns?: readonly Readonly<Record<string, readonly (number | null)[]>>[];
  readonly failures: readonly Failure[];
}

/**
 * Runs every reward function on every rollout that did not fail; those per group on what is left of each group.
 *
 * @param options how many run at once, the time limit of one call, and what cancels them
 * @returns one row per rollout, one column per reward
 * @throws the reason of an aborted signal
 */
export async function score(
  rewards: readonly AnyReward[],
  rollouts: readonly Rollout[],
  options: ScoreOptions = {},
): Promise<Scores> {
  const sound = rollouts.flatMap(({ failure }, r) => (failure === undefined ? [r] : []));
  const scored = await scoreEpisodes(
    rewards,
    sound.map((r) => rollouts[r].episode),
    { groupIds: sound.map((r) => rollouts[r].groupId), ...options },
  );
  const values: (number | null)[][] = rollouts.map(() => rewards.map(() => null));
  const parts: Readonly<Record<string, number | null>>[] = rollouts.map(() => ({}));
  const turns: Readonly<Record<string, readonly (number | null)[]>>[] = rollouts.map(() => ({}));
  for (const [i, r] of sound.entries()) {
    values[r] = [...scored.values[i]];
    parts[r] = scored.parts[i];
    if (scored.turns) turns[r] = scored.turns[i];
  }
  const failures = [
    ...rollouts.flatMap(({ failure }, episode) =>
      failure === undefined
        ? []
        : [{ episode, kind: `env/${failure.kind}`, reason: failure.reason }],
    ),
    ...scored.failures.map(({ episode, reward, kind, reason }) => ({
      episode: sound[episode],
      kind: `reward/${reward}/${kind}`,
      reason,
    })),
  ];
  return { values, parts, ...(scored.turns && { turns }), failures };
}
