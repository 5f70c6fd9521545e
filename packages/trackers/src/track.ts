import { createFollower } from './follower.js';
import { sinkLoop } from './sink-loop.js';
import type {
  CloseOptions,
  FollowOptions,
  RunStatus,
  Sink,
  SinkCounts,
  Tracking,
  TrackOptions,
} from './types.js';

/**
 * Keeps sinks up to date while a run trains. Each sink reads the run's folder at its own pace: the tracker that
 * training calls only says that there is something new, so that a sink that is slow, broken or gone costs training
 * nothing. Call `close` when training is over.
 *
 * @param folder the run's folder, as given to `train`
 * @throws if two sinks have one name
 */
export function track(
  folder: string,
  sinks: readonly Sink[],
  options: TrackOptions = {},
): Tracking {
  const { nudge, counts, close } = loopsOf(folder, sinks, options);
  return {
    tracker: nudge,
    counts,
    close: (status = 'finished', options = {}) => close(status, options),
  };
}
/**
 * Follows a run that another process writes, until the signal is aborted. Nothing is said about how the run ended.
 * One process at a time follows a run with sinks of the same name.
 */
export async function follow(
  folder: string,
  sinks: readonly Sink[],
  { signal, pollMs = 1000, ...options }: FollowOptions,
): Promise<Readonly<Record<string, SinkCounts>>> {
  const { close } = loopsOf(folder, sinks, { ...options, pollMs });
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  return close(undefined, {});
}

function loopsOf(
  folder: string,
  sinks: readonly Sink[],
  options: TrackOptions & { readonly pollMs?: number },
) {
  const names = sinks.map(({ name }) => name);
  const double = names.find((name, i) => names.indexOf(name) < i);
  if (double !== undefined)
    throw new Error(`track: needs sinks of different names, got "${double}" twice. Rename one.`);
  const followers = sinks.map((sink) => createFollower(folder, sink, options));
  const loops = followers.map((follower, i) => sinkLoop(names[i], follower, options));
  const counts = () => Object.fromEntries(loops.map((loop, i) => [names[i], loop.counts()]));
  const nudge = () => {
    for (const loop of loops) loop.nudge();
  };
  const close = async (status: RunStatus | undefined, { timeoutMs = 10_000 }: CloseOptions) => {
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(new Error('close: the time is up.')), timeoutMs);
    await Promise.all(loops.map((loop) => loop.close(status, limit.signal)));
    clearTimeout(timer);
    return counts();
  };
  return { counts, nudge, close };
}
