import { ANSWER_TAG, answerFinder } from './answer-tag.js';
import { canonicalDecimal } from './decimal.js';
import { rowColumn } from './row-column.js';
import type { Reward } from './types.js';

/** Options of `numericAnswer`. */
export interface NumericAnswerOptions {
  /** Column of the row that holds the right answer, a number or its text. Default `answer`. */
  readonly column?: string;
  /** Finds the answer in the completion; its first group is the number. The last match counts. */
  readonly pattern?: RegExp;
}

/**
 * Rewards the right number: 1 if the answer of the completion equals the answer of the row, else 0.
 *
 * The answer is the text of the last `<answer>…</answer>`, which must be one number and nothing
 * else. Numbers are compared exactly as decimals, never as floating-point numbers: "85", "85.0",
 * "8.5e1" are equal, as are "1,234" and "1234"; 0.1 and 0.10000000000000001 are not. Only the last
 * answer counts, so that listing many answers does not pay.
 *
 * @returns a reward of 1 or 0; `null` where the row's answer is there but is not a number, as in a
 * dataset of mixed tasks
 * @throws RangeError if the pattern has no group; the reward throws if the row has no such column
 * @example
 * numericAnswer({ column: 'total' }); // { name: 'numericAnswer', fn }
 */
export function numericAnswer({
  column = 'answer',
  pattern = ANSWER_TAG,
}: NumericAnswerOptions = {}): Reward {
  const find = answerFinder('numericAnswer', pattern);
  return {
    name: 'numericAnswer',
    fn: ({ completion, row }) => {
      const gold = rowColumn('numericAnswer', row, column);
      const goldNumber = canonicalDecimal(isText(gold) ? String(gold) : '');
      if (goldNumber === null) return null;
      return canonicalDecimal(find(completion) ?? '') === goldNumber ? 1 : 0;
    },
  };
}

function isText(value: unknown): value is string | number | bigint {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint';
}
