import { callReward } from './call-reward.js';
import type { Episode, Reward, RewardFailure, RewardValue, Scores } from './types.js';

/** Options of `scoreEpisodes`. */
export interface ScoreOptions {
  /** How many reward functions run at once. Default 64. */
  readonly concurrency?: number;
  /** Time limit of one call, in ms. Default 120 000. */
  readonly timeoutMs?: number;
  /** Cancels the scoring: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * Scores every episode with every reward.
 *
 * Failures are data: a reward that throws, takes too long or returns anything but a finite number or
 * `null` gives the value `null` and an entry in `failures`; all other calls go on. A call that takes
 * too long is left behind with its signal aborted. A function that blocks the event loop cannot be
 * interrupted.
 *
 * @param rewards [R] with different names
 * @param episodes [B]
 * @returns values [B][R], the parts of values that have some [B], and the failures
 * @throws RangeError if two rewards share a name, or an option is out of range
 * @example
 * await scoreEpisodes([numericAnswer(), answerFormat()], episodes);
 * // { values: [[1, 1], [0, 1]], parts: [{}, {}], failures: [] }
 */
export async function scoreEpisodes(
  rewards: readonly Reward[],
  episodes: readonly Episode[],
  { concurrency = 64, timeoutMs = 120_000, signal }: ScoreOptions = {},
): Promise<Scores> {
  checkArguments(rewards, concurrency, timeoutMs);
  const values = episodes.map(() => new Array<RewardValue>(rewards.length).fill(null)); // [B][R]
  const parts = episodes.map((): Record<string, RewardValue> => ({})); // [B]
  const failures = episodes.map(() => new Array<RewardFailure | undefined>(rewards.length)); // [B][R]

  function* calls() {
    for (const [b, episode] of episodes.entries()) {
      for (const [r, reward] of rewards.entries()) yield { b, r, episode, reward };
    }
  }
  const queue = calls(); // shared by the workers, so that each call is taken once
  const work = async (): Promise<void> => {
    for (const { b, r, episode, reward } of queue) {
      signal?.throwIfAborted();
      const outcome = await callReward(reward, episode, timeoutMs, signal);
      signal?.throwIfAborted();
      if ('value' in outcome) {
        values[b][r] = outcome.value;
        for (const [part, value] of Object.entries(outcome.parts)) {
          parts[b][`${reward.name}/${part}`] = value;
        }
      } else {
        const task = episode.task === undefined ? '' : ` (task ${episode.task})`;
        const { kind, what, advice } = outcome;
        const reason = `Reward "${reward.name}" ${what} for episode ${b}${task}. ${advice}`;
        failures[b][r] = { reward: reward.name, episode: b, kind, reason };
      }
    }
  };
  signal?.throwIfAborted();
  const workers = Math.min(concurrency, episodes.length * rewards.length);
  await Promise.all(Array.from({ length: workers }, work));

  return { values, parts, failures: failures.flat().filter((failure) => failure !== undefined) };
}

function checkArguments(rewards: readonly Reward[], concurrency: number, timeoutMs: number): void {
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
