import { keyedRandom } from '@grpo/random';
import { datasetFromRows } from './dataset-from-rows.js';
import type { Dataset } from './types.js';
import { checkCount } from './within-time.js';

/** Options of `sortingTasks`. */
export interface SortingOptions {
  readonly seed: number;
  /** Number of tasks. */
  readonly count: number;
  /** How many numbers are to be sorted: the knob of difficulty. Default 5. */
  readonly length?: number;
  /** The numbers lie between 0 and this. Default 99. */
  readonly highest?: number;
}

const DRAWS_PER_TASK = 1000;

/**
 * Makes sorting problems: `Sort: 31 4 15`, answer `4 15 31`. Numbers may repeat.
 *
 * No two problems have the same numbers, and none stands in order already. The columns of a row:
 * `prompt`, `answer`, `length`; the reward `exactAnswer` of @grpo/rewards checks an answer.
 *
 * @throws RangeError if an option is out of range, or no more different problems can be found
 * @example
 * sortingTasks({ seed: 42, count: 1000, length: 3 });
 */
export function sortingTasks({ seed, count, length = 5, highest = 99 }: SortingOptions): Dataset {
  checkCount('sortingTasks', 'count', count);
  checkCount('sortingTasks', 'highest', highest);
  if (!Number.isInteger(length) || length < 2) {
    throw new RangeError(
      `sortingTasks: length must be an integer of at least 2, got ${length}. ` +
        'A single number is sorted already.',
    );
  }
  const random = keyedRandom(seed, 'sorting', length);
  const rows = new Map<string, { prompt: string; answer: string; length: number }>();
  for (let draws = 0; rows.size < count; draws++) {
    if (draws === count * DRAWS_PER_TASK) {
      throw new RangeError(
        `sortingTasks: needs ${count} different problems of ${length} numbers up to ${highest}, ` +
          `found ${rows.size}. Ask for fewer, or raise length or highest.`,
      );
    }
    const numbers = Array.from({ length }, () => random.integer(highest + 1));
    const answer = [...numbers].sort((a, b) => a - b).join(' ');
    const question = numbers.join(' ');
    if (question === answer || rows.has(answer)) continue;
    rows.set(answer, { prompt: `Sort: ${question}`, answer, length });
  }
  return datasetFromRows([...rows.values()], { name: 'sorting' });
}
