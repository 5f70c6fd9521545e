import { randomInt } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';

/** Longest wait between two attempts, also where the server asks for more. */
const LONGEST_WAIT_MS = 30_000;
const STEPS = 1_000;

/**
 * Waits before another attempt: between half and all of `delayMs · 2^attempt`, so that clients that failed together
 * do not come back together.
 *
 * @param attempt counted from 0
 * @param askedMs what the server asked for; waited at least
 * @throws the signal's reason
 */
export async function backOff(
  attempt: number,
  delayMs: number,
  signal: AbortSignal,
  askedMs = 0,
): Promise<void> {
  const share = 0.5 + randomInt(STEPS) / STEPS / 2;
  const wait = Math.min(Math.max(askedMs, delayMs * 2 ** attempt * share), LONGEST_WAIT_MS);
  await setTimeout(wait, undefined, { signal }).catch(() => signal.throwIfAborted());
}
