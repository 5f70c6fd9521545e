import type { Random } from '@grpo/random';

const LONGEST_MS = 30_000;

/**
 * Exponential back-off with jitter: delay = u · min(30 s, base · 2ᵃᵗᵗᵉᵐᵖᵗ), u uniform in [½, 1), so that episodes which
 * failed together do not come back together.
 *
 * @param attempt attempts that have failed before this one, from 0
 * @param baseMs longest delay after the first failure
 * @returns ms
 */
export function retryDelay(attempt: number, baseMs: number, random: Random): number {
  return (0.5 + random.next() / 2) * Math.min(LONGEST_MS, baseMs * 2 ** attempt);
}

/** Whether an error says of itself that another try may help, as those of the AI SDK do. */
export function saysRetryable(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'isRetryable' in error
    ? error.isRetryable === true
    : false;
}
