import { type ScoreOptions, scoreEpisodes } from '../score-episodes.js';
import type {
  AnyReward,
  Episode,
  GroupReward,
  Reward,
  RewardFailure,
  RewardFailureKind,
  TurnReward,
} from '../types.js';
import { type Distribution, distribution } from './distribution.js';
import { type GroupTies, groupTies } from './group-ties.js';

/** One episode at an end of the distribution. */
export interface EndEpisode {
  /** Position in the list that was checked. */
  readonly episode: number;
  readonly value: number;
  readonly completion: string;
}

/** What one reward did over the episodes. */
export interface RewardReport {
  readonly name: string;
  /** Undefined where no episode has a value. */
  readonly distribution?: Distribution;
  /** Share of episodes to which it does not apply, failures left out; 0 of no episodes. */
  readonly nullShare: number;
  /** Share of episodes for which it failed; 0 of no episodes. */
  readonly failureShare: number;
  readonly failures: Readonly<Record<RewardFailureKind, number>>;
  /** The first failure of each kind, in words. */
  readonly failureExamples: readonly string[];
  readonly ties: GroupTies;
  /** Of its calls, in s: mean, 95th percentile, longest; undefined where it was not called. */
  readonly secondsPerCall?: {
    readonly mean: number;
    readonly p95: number;
    readonly longest: number;
  };
  /** Highest values first. */
  readonly best: readonly EndEpisode[];
  /** Lowest values first. */
  readonly worst: readonly EndEpisode[];
}

/** What `checkReward` found. */
export interface CheckReport {
  readonly episodes: number;
  readonly rewards: readonly RewardReport[];
}

/** Options of `checkReward`. */
export interface CheckOptions extends ScoreOptions {
  /** Episodes shown at either end. Default 3. */
  readonly ends?: number;
  /** A clock in ms that never goes back. Default performance.now. */
  readonly now?: () => number;
}

/**
 * Runs rewards over sample episodes before a training run pays for them: how the values are distributed,
 * how many groups are tied (and so teach nothing), what does not apply, what fails and why, how long a
 * call takes, and which episodes stand at both ends, for a person to read.
 *
 * @param rewards with different names
 * @param episodes episodes of one `task` form a group, as in training
 * @throws as `scoreEpisodes` does; RangeError if ends is no integer of at least 0
 */
export async function checkReward(
  rewards: readonly AnyReward[],
  episodes: readonly Episode[],
  { ends = 3, now = () => performance.now(), ...options }: CheckOptions = {},
): Promise<CheckReport> {
  if (!Number.isInteger(ends) || ends < 0) {
    throw new RangeError(`checkReward: ends must be an integer of at least 0, got ${ends}. Use 3.`);
  }
  const seconds = rewards.map((): number[] => []);
  const timed = rewards.map((reward, r) => withTimes(reward, seconds[r], now));
  const { values, failures } = await scoreEpisodes(timed, episodes, options);
  const groups = options.groupIds ?? episodes.map(({ task }, b) => task ?? `alone ${b}`);
  return {
    episodes: episodes.length,
    rewards: rewards.map(({ name }, r) => {
      const own = failures.filter(({ reward }) => reward === name);
      return report(
        name,
        values.map((row) => row[r]),
        { episodes, groups, own, seconds: seconds[r], ends },
      );
    }),
  };
}

interface Material {
  readonly episodes: readonly Episode[];
  readonly groups: readonly string[];
  readonly own: readonly RewardFailure[];
  readonly seconds: readonly number[];
  readonly ends: number;
}

function report(
  name: string,
  values: readonly (number | null)[],
  { episodes, groups, own, seconds, ends }: Material,
): RewardReport {
  const valued = values.flatMap((value, episode) =>
    value === null ? [] : [{ episode, value, completion: episodes[episode].completion }],
  );
  const sorted = [...valued].sort((a, b) => a.value - b.value); // stable: ties in their order
  const of = (count: number): number => (values.length === 0 ? 0 : count / values.length);
  const kinds: RewardFailureKind[] = ['thrown', 'invalid', 'timeout'];
  const spread = distribution(sorted.map(({ value }) => value));
  const times = [...seconds].sort((a, b) => a - b);
  return {
    name,
    ...(spread === undefined ? {} : { distribution: spread }),
    nullShare: of(values.length - valued.length - own.length),
    failureShare: of(own.length),
    failures: Object.fromEntries(
      kinds.map((kind) => [kind, own.filter((one) => one.kind === kind).length]),
    ) as Record<RewardFailureKind, number>,
    failureExamples: kinds.flatMap((kind) => own.find((one) => one.kind === kind)?.reason ?? []),
    ties: groupTies(values, groups),
    ...(times.length === 0
      ? {}
      : {
          secondsPerCall: {
            mean: times.reduce((sum, time) => sum + time, 0) / times.length,
            p95: times[Math.ceil(0.95 * times.length) - 1],
            longest: times[times.length - 1],
          },
        }),
    best: [...sorted].reverse().slice(0, ends),
    worst: sorted.slice(0, ends),
  };
}

/** The same reward, which notes how long each of its calls took. */
function withTimes(reward: AnyReward, seconds: number[], now: () => number): AnyReward {
  const timed = async <T>(call: () => T | Promise<T>): Promise<T> => {
    const start = now();
    try {
      return await call();
    } finally {
      seconds.push((now() - start) / 1000);
    }
  };
  if ('groupFn' in reward) {
    return {
      ...reward,
      groupFn: (all, call) => timed(() => reward.groupFn(all, call)),
    } satisfies GroupReward;
  }
  if ('turnFn' in reward) {
    return {
      ...reward,
      turnFn: (one, call) => timed(() => reward.turnFn(one, call)),
    } satisfies TurnReward;
  }
  return { ...reward, fn: (one, call) => timed(() => reward.fn(one, call)) } satisfies Reward;
}
