import { type AnyReward, type ScoreOptions, scoreEpisodes } from '@grpo/rewards';
import type { Rollout, Scores } from './types.js';

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
