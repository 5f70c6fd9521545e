import { ANSWER_TAG, answerFinder } from './answer-tag.js';
import { rowColumn } from './row-column.js';
import type { Reward } from './types.js';

/** Options of `exactAnswer`. */
export interface ExactAnswerOptions {
  /** Column of the row that holds the right answer, or a list of right answers. Default `answer`. */
  readonly column?: string;
  /** Finds the answer in the completion; its first group is the answer. The last match counts. */
  readonly pattern?: RegExp;
  /** Whether `Paris` and `paris` differ. Default false. */
  readonly isCaseSensitive?: boolean;
}

/**
 * Rewards the right text: 1 if the answer of the completion is an answer of the row, else 0.
 *
 * The answer is the text of the last `<answer>…</answer>`. Texts are compared in Unicode's NFC form,
 * with runs of white space as one space and none around; without regard to case unless told so.
 *
 * @returns a reward of 1 or 0; `null` where the row's answer is `null` or an empty list
 * @throws RangeError if the pattern has no group; the reward throws if the row has no such column
 * @example
 * exactAnswer({ column: 'capital' }); // { name: 'exactAnswer', fn }
 */
export function exactAnswer({
  column = 'answer',
  pattern = ANSWER_TAG,
  isCaseSensitive = false,
}: ExactAnswerOptions = {}): Reward {
  const find = answerFinder('exactAnswer', pattern);
  const normal = (text: string) => {
    const spaced = text.normalize('NFC').trim().replace(/\s+/g, ' ');
    return isCaseSensitive ? spaced : spaced.toLowerCase();
  };
  return {
    name: 'exactAnswer',
    fn: ({ completion, row }) => {
      const gold = [rowColumn('exactAnswer', row, column)].flat();
      const right = gold.flatMap((one) => (one === null || one === undefined ? [] : [String(one)]));
      if (right.length === 0) return null;
      const answer = find(completion);
      return answer !== undefined && right.map(normal).includes(normal(answer)) ? 1 : 0;
    },
  };
}
