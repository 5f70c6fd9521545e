import { setMaxListeners } from 'node:events';
import { callReward } from './call-reward.js';
import { type Outcome, rewardJobs } from './reward-jobs.js';
import type { AnyReward, Episode, RewardFailure, RewardValue, Scores } from './types.js';

/** Options of `scoreEpisodes`. */
export interface ScoreOptions {
  /** How many reward functions run at once. Default 64. */
  readonly concurrency?: number;
  /** Time limit of one call, in ms. Default 120 000. */
  readonly timeoutMs?: number;
  /** Cancels the scoring: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** [B] which episodes a group reward compares. Default: those of one `task`; one without a task is alone. */
  readonly groupIds?: readonly string[];
}

/**
 * Scores every episode with every reward.
 *
 * Failures are data: a reward that throws, takes too long or returns anything but a finite number or
 * `null` gives the value `null` and an entry in `failures`; all other calls go on. A call that takes
 * too long is left behind with its signal aborted. A function that blocks the event loop cannot be
 * interrupted.
 *
 * A reward per group is called once for the episodes of a group; if it fails, it fails for each of them. A reward per
 * turn gives the episode the sum of its turns.
 *
 * @param rewards [R] with different names
 * @param episodes [B]
 * @returns values [B][R], the parts of values that have some [B], and the failures
 * @throws RangeError if two rewards share a name, an option is out of range or groupIds has another length
 * @example
 * await scoreEpisodes([numericAnswer(), answerFormat()], episodes);
 * // { values: [[1, 1], [0, 1]], parts: [{}, {}], failures: [] }
 */
export async function scoreEpisodes(
  rewards: readonly AnyReward[],
  episodes: readonly Episode[],
  { concurrency = 64, timeoutMs = 120_000, signal, groupIds = byTask(episodes) }: ScoreOptions = {},
): Promise<Scores> {
  checkArguments(rewards, concurrency, timeoutMs);
  checkGroups(groupIds, episodes.length);
  const values = episodes.map(() => new Array<RewardValue>(rewards.length).fill(null)); // [B][R]
  const parts = episodes.map((): Record<string, RewardValue> => ({})); // [B]
  const turns = episodes.map((): Record<string, readonly RewardValue[]> => ({})); // [B]
  const failures = episodes.map(() => new Array<RewardFailure | undefined>(rewards.length)); // [B][R]

  const keep = (b: number, r: number, outcome: Outcome): void => {
    const { name } = rewards[r];
    if ('value' in outcome) {
      values[b][r] = outcome.value;
      if (outcome.turns) turns[b][name] = outcome.turns;
      for (const [part, value] of Object.entries(outcome.parts))
        parts[b][`${name}/${part}`] = value;
    } else {
      const { kind, what, advice } = outcome;
      const task = episodes[b].task === undefined ? '' : ` (task ${episodes[b].task})`;
      const reason = `Reward "${name}" ${what} for episode ${b}${task}. ${advice}`;
      failures[b][r] = { reward: name, episode: b, kind, reason };
    }
  };
  const queue = rewardJobs(rewards, episodes, groupIds); // shared by the workers: each job is taken once
  const work = async (): Promise<void> => {
    for (const { r, members, run, read } of queue) {
      signal?.throwIfAborted();
      const called = await callReward(run, timeoutMs, signal);
      signal?.throwIfAborted();
      const outcomes = 'returned' in called ? read(called.returned) : members.map(() => called);
      for (const [i, b] of members.entries()) keep(b, r, outcomes[i]);
    }
  };
  signal?.throwIfAborted();
  if (signal) setMaxListeners(0, signal); // every call listens
  const workers = Math.min(concurrency, episodes.length * rewards.length);
  await Promise.all(Array.from({ length: workers }, work));

  return {
    values,
    parts,
    ...(rewards.some((reward) => 'turnFn' in reward) && { turns }),
    failures: failures.flat().filter((failure) => failure !== undefined),
  };
}

function byTask(episodes: readonly Episode[]): string[] {
  return episodes.map(({ task }, b) => (task === undefined ? `alone ${b}` : `task ${task}`));
}

function checkGroups(groupIds: readonly string[], count: number): void {
  if (groupIds.length === count) return;
  throw new RangeError(
    `scoreEpisodes: groupIds needs shape [${count}], got [${groupIds.length}]. Pass one id per episode.`,
  );
}

function checkArguments(
  rewards: readonly AnyReward[],
  concurrency: number,
  timeoutMs: number,
): void {
  const names = rewards.map(({ name }) => name);
  const repeated = names.find((name, i) => names.indexOf(name) !== i);
  if (repeated !== undefined) {
    throw new RangeError(
      `scoreEpisodes: rewards must have different names, got "${repeated}" twice. ` +
        'Rename one: { ...reward, name: "another" }.',
    );
  }
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new RangeError(
      `scoreEpisodes: concurrency must be an integer of at least 1, got ${concurrency}. ` +
        'Use 1 to call the rewards one after another.',
    );
  }
  // Node's timers fire at once beyond 2^31 - 1 ms.
  if (!(timeoutMs > 0 && timeoutMs < 2 ** 31)) {
    throw new RangeError(
      `scoreEpisodes: timeoutMs must lie between 0 and 2^31 ms (24 days), got ${timeoutMs}. ` +
        'Choose the longest time that one call may take.',
    );
  }
}
