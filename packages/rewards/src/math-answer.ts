import { answerFinder } from './answer-tag.js';
import { excerpt } from './excerpt.js';
import { areEquivalent } from './maths/equivalent.js';
import { type CompareExpressions, loadCompareExpressions } from './maths/expression.js';
import { findMathAnswer } from './maths/find-answer.js';
import { rowColumn } from './row-column.js';
import type { Reward } from './types.js';

/** Options of `mathAnswer`. */
export interface MathAnswerOptions {
  /** Column of the row that holds the right answer, or a list of right answers. Default `answer`. */
  readonly column?: string;
  /**
   * Finds the answer in the completion; its first group is the answer, the last match counts. Default: the last
   * `\boxed{…}`, else the last `<answer>…</answer>`, else what follows "answer is".
   */
  readonly pattern?: RegExp;
}

/**
 * Rewards a mathematically right answer: 1 if the answer of the completion means the same as an answer of the row,
 * else 0.
 *
 * Numbers are compared exactly: `\frac{1}{2}`, `0.5`, `2/4` and `50\%` are one; so are `3\frac12` and `7/2`, `1{,}000` and
 * `10^3`. Sets, lists, tuples, intervals, inequalities, matrices and `x = …` are compared by their
 * parts; the name before `=` does not count. A unit counts
 * only where both have one, and is not converted. Roots, π and variables are compared by mathjs, an optional peer: to
 * nine digits, at eight points. Answers over 1000 characters are compared as text.
 *
 * Takes the place of TRL's accuracy_reward, which asks math-verify. Departure: 0.333333 is not 1/3.
 *
 * @returns a reward of 1 or 0; `null` where the row's answer is `null`, blank or an empty list
 * @throws RangeError if the pattern has no group; the reward throws if the row has no such column, and if an answer of
 * the row needs mathjs and it is not installed
 * @example
 * mathAnswer(); // for the answer "\frac{1}{2}", "\boxed{0.5}" gives 1
 */
export function mathAnswer({ column = 'answer', pattern }: MathAnswerOptions = {}): Reward {
  const find = pattern === undefined ? findMathAnswer : answerFinder('mathAnswer', pattern);
  let compare: Promise<CompareExpressions> | undefined;
  return {
    name: 'mathAnswer',
    fn: async ({ completion, row }) => {
      const gold = [rowColumn('mathAnswer', row, column)].flat().flatMap(goldText);
      if (gold.length === 0) return null;
      const answer = find(completion);
      if (answer === undefined || answer.trim() === '') return 0;
      const verdicts = gold.map((one) => areEquivalent(answer, one));
      if (verdicts.includes(true)) return 1;
      const open = gold.filter((_, i) => verdicts[i] === undefined);
      if (open.length === 0) return 0;
      compare ??= loadCompareExpressions();
      const decide = await compare;
      return open.some((one) => areEquivalent(answer, one, decide) === true) ? 1 : 0;
    },
  };
}

/** A solution in a dataset's words carries its answer in a box. */
function goldText(value: unknown): string[] {
  if (value === null || value === undefined) return [];
  const isText = ['string', 'number', 'bigint'].includes(typeof value);
  if (!isText) {
    throw new Error(
      `mathAnswer: the row's answer must be a text or a number, got ${excerpt(JSON.stringify(value) ?? String(value))}. Name another column.`,
    );
  }
  const text = String(value);
  const answer = text.includes('\\boxed') ? (findMathAnswer(text) ?? '') : text;
  return answer.trim() === '' ? [] : [answer];
}
