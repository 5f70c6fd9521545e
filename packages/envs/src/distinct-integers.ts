import type { Random } from '@grpo/random';

/**
 * Draws `count` different integers of [0, limit), every set of them equally likely, in `count` draws
 * (Floyd, in Bentley and Floyd, "A sample of brilliance", CACM 30(9), 1987,
 * https://doi.org/10.1145/30401.315746).
 */
export function distinctIntegers(count: number, limit: number, random: Random): number[] {
  const chosen = new Set<number>();
  for (let last = limit - count; last < limit; last++) {
    const drawn = random.integer(last + 1);
    chosen.add(chosen.has(drawn) ? last : drawn);
  }
  return [...chosen];
}
