import { type Reward, scoreEpisodes } from '@grpo/rewards';
import type { Failure } from './failures.js';
import type { Rollout } from './types.js';

/** Rewards of a step's rollouts, and what failed. */
export interface Scores {
  /** [B][K]; null where a reward does not apply or failed, and throughout a failed rollout. */
  readonly values: readonly (readonly (number | null)[])[];
  readonly failures: readonly Failure[];
}

/**
 * Runs every reward function on every rollout that did not fail.
 *
 * @returns one row per rollout, one column per reward
 */
export async function score(
  rewards: readonly Reward[],
  rollouts: readonly Rollout[],
): Promise<Scores> {
  const sound = rollouts.flatMap(({ failure }, r) => (failure === undefined ? [r] : []));
  const scored = await scoreEpisodes(
    rewards,
    sound.map((r) => rollouts[r].episode),
  );
  const values: (number | null)[][] = rollouts.map(() => rewards.map(() => null));
  for (const [i, r] of sound.entries()) values[r] = [...scored.values[i]];
  const failures = [
    ...rollouts.flatMap(({ failure: reason }, episode) =>
      reason === undefined ? [] : [{ episode, kind: 'env', reason }],
    ),
    ...scored.failures.map(({ episode, reward, kind, reason }) => ({
      episode: sound[episode],
      kind: `reward ${reward} ${kind}`,
      reason,
    })),
  ];
  return { values, failures };
}
