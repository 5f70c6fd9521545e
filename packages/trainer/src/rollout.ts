import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EnvFactory, Task } from '@grpo/envs';
import { keyedRandom, keyedSeed } from '@grpo/random';
import { atMost } from './at-most.js';
import { asFault, EpisodeFault, failureOf } from './episode-fault.js';
import { gatherRequests } from './gather-requests.js';
import { type PlayOptions, playEpisode } from './play-episode.js';
import { retryDelay, saysRetryable } from './retry-delay.js';
import { newTranscript } from './transcript.js';
import type { Rollout, RolloutOptions } from './types.js';

/**
 * Plays `repeats` episodes of every task, each at its own pace. What the model says stands in the rollout as the
 * sampled ids, what the environment says is encoded once.
 *
 * Failures are data: an environment that throws, hangs or returns anything but its type says, a template that cannot
 * write a message, or a sampler that throws gives a rollout with a `failure`; all others go on. An error that may be
 * retried has the episode played again as a whole, with draws of its own; it is still one rollout.
 *
 * The result does not depend on timing where environment and sampler do not.
 *
 * @returns tasks.length · repeats rollouts; those of one task stand together and share a group id
 * @throws RangeError if an option is out of range; the reason of an aborted signal
 */
export async function rollOut(
  tasks: readonly Task[],
  repeats: number,
  options: RolloutOptions,
): Promise<Rollout[]> {
  const { maxConcurrentEpisodes = 256, signal } = options;
  checkOptions({ ...options, maxConcurrentEpisodes });
  const settings = playOptions(options);
  signal?.throwIfAborted();
  if (signal) setMaxListeners(0, signal); // every episode listens
  return atMost(
    maxConcurrentEpisodes,
    tasks.length * repeats,
    async (number) => {
      const p = Math.floor(number / repeats);
      const group = `${p}:${tasks[p].id}`;
      const rollout = await playWithRetries(number, tasks[p], group, options, settings);
      options.onEpisode?.();
      return rollout;
    },
    signal,
  );
}

function playOptions(options: RolloutOptions): PlayOptions {
  const { sampler, turnTimeoutMs = 120_000, maxMessageLength = 1_000_000 } = options;
  return {
    ...options,
    sampler: sampler.isContinuous ? sampler : gatherRequests(sampler),
    turnTimeoutMs,
    maxMessageLength,
    contextLength: options.contextLength ?? sampler.contextLength ?? Number.POSITIVE_INFINITY,
  };
}

async function playWithRetries(
  number: number,
  task: Task,
  groupId: string,
  options: RolloutOptions,
  settings: PlayOptions,
): Promise<Rollout> {
  const { key, signal, maxRetries = 2, retryDelayMs = 500, isRetryable = saysRetryable } = options;
  for (let attempt = 0; ; attempt++) {
    const attemptKey = attempt === 0 ? [] : ['attempt', attempt];
    const seed = (turn: number | 'reset') => keyedSeed(...key, number, ...attemptKey, turn);
    const { rollout, fault } = await attemptEpisode(options.env, { task, groupId, seed }, settings);
    const isOver = fault === undefined || attempt === maxRetries || signal?.aborted;
    if (isOver || !isRetryable(fault.origin)) {
      return attempt === 0 ? rollout : { ...rollout, retries: attempt };
    }
    const random = keyedRandom(...key, number, 'retry', attempt);
    const wait = signal ? { signal } : {};
    await sleep(retryDelay(attempt, retryDelayMs, random), undefined, wait).catch(() => {});
  }
}

/** Makes the environment, which may fail as well, and plays. */
async function attemptEpisode(
  factory: EnvFactory,
  { task, groupId, seed }: Omit<Parameters<typeof playEpisode>[0], 'env'>,
  settings: PlayOptions,
): ReturnType<typeof playEpisode> {
  try {
    const env = await asFault('thrown', () => factory(task));
    return await playEpisode({ env, task, groupId, seed }, settings);
  } catch (error) {
    const fault = error instanceof EpisodeFault ? error : new EpisodeFault('thrown', error);
    const { ids, mask, logProbs, turnRewards, ...last } = newTranscript();
    const episode = {
      ...last,
      task: task.id,
      row: task.row,
      environmentReward: 0,
      end: 'error' as const,
    };
    const failure = failureOf(fault, task.id);
    return {
      rollout: { task, groupId, ids, mask, logProbs, turnRewards, episode, failure },
      fault,
    };
  }
}

const count = (n: number) => Number.isInteger(n) && n >= 1;
// Node's timers fire at once beyond 2^31 - 1 ms.
const time = (n: number) => n > 0 && n < 2 ** 31;

function checkOptions(options: RolloutOptions): void {
  const { maxConcurrentEpisodes = 1, maxTurns, turnTimeoutMs = 1, episodeTimeoutMs = 1 } = options;
  const { maxRetries = 0, retryDelayMs = 1, maxMessageLength = 1 } = options;
  const rows: readonly [name: string, value: number, holds: boolean, range: string][] = [
    [
      'maxConcurrentEpisodes',
      maxConcurrentEpisodes,
      count(maxConcurrentEpisodes),
      'a whole number from 1',
    ],
    ['maxTurns', maxTurns, count(maxTurns), 'a whole number from 1'],
    ['maxMessageLength', maxMessageLength, count(maxMessageLength), 'a whole number from 1'],
    ['maxRetries', maxRetries, count(maxRetries + 1), 'a whole number from 0'],
    ['turnTimeoutMs', turnTimeoutMs, time(turnTimeoutMs), 'a time up to 2^31 ms (24 days)'],
    [
      'episodeTimeoutMs',
      episodeTimeoutMs,
      time(episodeTimeoutMs),
      'a time up to 2^31 ms (24 days)',
    ],
    ['retryDelayMs', retryDelayMs, retryDelayMs === 0 || time(retryDelayMs), '0 or a time in ms'],
  ];
  for (const [name, value, holds, range] of rows) {
    if (!holds) throw new RangeError(`rollOut: ${name} needs ${range}, got ${value}.`);
  }
}
