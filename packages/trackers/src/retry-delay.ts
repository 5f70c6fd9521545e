const LONGEST_MS = 60_000;

/**
 * Exponential back-off: min(60 s, base · 2ᶠ⁻¹), or what the server asked for, if that is longer and at most ten minutes.
 *
 * @param failures failures in a row, from 1
 * @returns ms
 */
export function retryDelay(failures: number, baseMs: number, askedMs = 0): number {
  return Math.max(Math.min(LONGEST_MS, baseMs * 2 ** (failures - 1)), Math.min(askedMs, 600_000));
}
