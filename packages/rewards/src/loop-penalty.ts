import { wordUnits } from './repetition-penalty.js';
import type { Reward } from './types.js';

/** Options of `loopPenalty`. */
export interface LoopPenaltyOptions {
  /** Words of the longest block that is looked for. Default 50. */
  readonly maxPeriod?: number;
  /** How often a block must stand in a row to be a loop. Default 3. */
  readonly minRepeats?: number;
  /** What a completion of nothing but a loop gets. Default −1. */
  readonly maxPenalty?: number;
}

/**
 * Punishes a completion that ends in a loop, a block of words again and again until it is cut off:
 *
 *     r = maxPenalty · words of the loop / words
 *
 * `repetitionPenalty` counts n-grams wherever they stand, so that long prose and lists pay it too; this one sees only what
 * repeats without a break at the end, the sign of a model that got stuck.
 *
 * @returns a reward from maxPenalty to 0
 * @throws RangeError unless maxPeriod ≥ 1, minRepeats ≥ 2 and maxPenalty ≤ 0
 * @example
 * loopPenalty(); // "go on go on go on go on" gives -1
 */
export function loopPenalty({
  maxPeriod = 50,
  minRepeats = 3,
  maxPenalty = -1,
}: LoopPenaltyOptions = {}): Reward {
  const areCounts = [maxPeriod, minRepeats - 1].every((n) => Number.isInteger(n) && n >= 1);
  if (!areCounts || !(maxPenalty <= 0 && maxPenalty > -Infinity)) {
    throw new RangeError(
      `loopPenalty: needs maxPeriod of at least 1, minRepeats of at least 2 and maxPenalty of at most 0, ` +
        `got ${maxPeriod}, ${minRepeats} and ${maxPenalty}. A penalty is negative.`,
    );
  }
  return {
    name: 'loopPenalty',
    fn: ({ completion }) => {
      const words = wordUnits(completion);
      const loop = longestLoop(words, maxPeriod, minRepeats);
      return loop === 0 ? 0 : (maxPenalty * loop) / words.length;
    },
  };
}

/** Words at the end that repeat with some period; the last repeat may be cut off. */
function longestLoop(words: readonly string[], maxPeriod: number, minRepeats: number): number {
  let longest = 0;
  for (let period = 1; period <= Math.min(maxPeriod, words.length / minRepeats); period++) {
    let start = words.length - period;
    while (start > 0 && words[start - 1] === words[start - 1 + period]) start--;
    const length = words.length - start;
    if (length >= minRepeats * period) longest = Math.max(longest, length);
  }
  return longest;
}
