import type { Follower } from './follower.js';
import { redactText, secretsOf } from './redact.js';
import { retryDelay } from './retry-delay.js';
import { SinkFailure } from './sink-failure.js';
import type { RunStatus, SinkCounts, TrackOptions } from './types.js';

/** What keeps one sink up to date until it is told to end. */
export interface SinkLoop {
  /** There may be something new. */
  nudge(): void;
  counts(): SinkCounts;
  /** Hands over what is left, says how the run ended if that is known, then ends. */
  close(status: RunStatus | undefined, signal: AbortSignal): Promise<void>;
}

export interface SinkLoopOptions extends TrackOptions {
  /** How often to look without being told, in ms. Default: never. */
  readonly pollMs?: number;
}

/** Delivers after every nudge; after a failure it waits, longer each time, and tries again. It never throws. */
export function sinkLoop(
  name: string,
  follower: Follower,
  {
    say = (message) => console.error(message),
    attemptTimeoutMs = 60_000,
    retryDelayMs = 1000,
    env = process.env,
    pollMs,
  }: SinkLoopOptions = {},
): SinkLoop {
  const secrets = secretsOf(env);
  let counts: SinkCounts = { points: 0, errors: 0, badLines: 0, isCaughtUp: false };
  let failures = 0;
  let isNudged = true;
  let closing: { readonly status: RunStatus | undefined; readonly signal: AbortSignal } | undefined;
  let wake = () => {};
  const ended = run();

  return {
    nudge: () => {
      counts = { ...counts, isCaughtUp: false };
      isNudged = true;
      if (failures === 0) wake(); // else the wait goes on: a nudge does not mend a server
    },
    counts: () => counts,
    close: async (status, signal) => {
      closing = { status, signal };
      signal.addEventListener('abort', () => wake());
      wake();
      await Promise.race([ended, aborted(signal)]);
    },
  };

  async function run(): Promise<void> {
    let isFinished = false;
    while (!isFinished && !closing?.signal.aborted) {
      const isClosing = closing !== undefined;
      isNudged = false;
      try {
        isFinished = await attempt(isClosing);
        if (failures > 0) tell(`${name}: works again; what it missed has been handed over.`);
        failures = 0;
      } catch (error) {
        failures++;
        const isHopeless = note(error);
        if (isHopeless) return;
        const askedMs = error instanceof SinkFailure ? error.retryAfterMs : undefined;
        await waitFor(retryDelay(failures, retryDelayMs, askedMs));
        continue;
      }
      if (!isFinished && !isNudged && closing === undefined) await waitFor(pollMs);
    }
  }

  /** Delivers all that is there; while closing, says how the run ended. */
  async function attempt(isClosing: boolean): Promise<boolean> {
    for (let isBehind = true; isBehind; ) {
      const { points, badLines, isCaughtUp } = await follower.deliver(limit());
      counts = {
        ...counts,
        points: counts.points + points,
        badLines: counts.badLines + badLines,
        isCaughtUp: isCaughtUp && !isNudged,
      };
      isBehind = !isCaughtUp;
    }
    if (!isClosing || closing === undefined) return false;
    if (closing.status !== undefined) await follower.finish(closing.status, limit());
    return true;
  }

  function limit(): AbortSignal {
    const timeout = AbortSignal.timeout(attemptTimeoutMs);
    return closing === undefined ? timeout : AbortSignal.any([timeout, closing.signal]);
  }

  /** True where trying again is useless. */
  function note(error: unknown): boolean {
    const message = redactText(error instanceof Error ? error.message : String(error), secrets);
    counts = { ...counts, errors: counts.errors + 1, isCaughtUp: false, lastError: message };
    const isHopeless = error instanceof SinkFailure && !error.isRetryable;
    if (isHopeless) tell(`${name}: ${message} It is left alone; training goes on.`);
    else if (failures === 1) tell(`${name}: ${message} It is tried again; training goes on.`);
    return isHopeless;
  }

  function tell(message: string): void {
    try {
      say(message);
    } catch {
      // Whoever listens must not stop what it listens to.
    }
  }

  async function waitFor(ms: number | undefined): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    await new Promise<void>((resolve) => {
      wake = resolve;
      if (ms !== undefined) timer = setTimeout(resolve, ms);
      // A run that is over must end its process; `follow` polls, and is meant to hold it.
      if (pollMs === undefined) timer?.unref();
    });
    clearTimeout(timer);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve());
  });
}
