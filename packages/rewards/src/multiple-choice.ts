import { answerFinder } from './answer-tag.js';
import { goldTexts } from './gold-texts.js';
import { findMathAnswer } from './maths/find-answer.js';
import type { Reward } from './types.js';

/** Options of `multipleChoice`. */
export interface MultipleChoiceOptions {
  /** Column of the row that holds the right letter, such as `B`. Default `answer`. */
  readonly column?: string;
  /** Column of the row that holds the texts of the choices, A first; an answer may then name the text. */
  readonly choicesColumn?: string;
  /** Finds the answer; its first group is the answer, the last match counts. Default: as `mathAnswer` does. */
  readonly pattern?: RegExp;
}

/** `B`, `(B)`, `B.`, `B) Paris`, `\text{B}`, `option B`. */
const LETTER = /^(?:(?:option|choice)\s+)?[([{*]*([A-Za-z])(?:[)\]}.:*]+(?:\s[\s\S]*)?)?$/i;

/**
 * Rewards the right choice: 1 if the answer names the row's letter, alone or with its text, else 0. An answer with two
 * letters is wrong, and so is a completion without an answer: a letter somewhere in the text does not count.
 *
 * @returns a reward of 1 or 0; `null` where the row's answer is `null` or blank
 * @example
 * multipleChoice(); // "The answer is (B)." gives 1 for the answer "B"
 */
export function multipleChoice({
  column = 'answer',
  choicesColumn,
  pattern,
}: MultipleChoiceOptions = {}): Reward {
  const find = pattern === undefined ? findMathAnswer : answerFinder('multipleChoice', pattern);
  return {
    name: 'multipleChoice',
    fn: ({ completion, row }) => {
      const gold = goldTexts('multipleChoice', row, column).map((one) => letterOf(one));
      if (gold.length === 0) return null;
      const choices =
        choicesColumn === undefined ? [] : goldTexts('multipleChoice', row, choicesColumn);
      const letter = letterOf(find(completion) ?? '', choices);
      return letter !== '' && gold.includes(letter) ? 1 : 0;
    },
  };
}

function letterOf(answer: string, choices: readonly string[] = []): string {
  const text = answer
    .slice(0, 1000)
    .replace(/\\text\s*\{([^}]*)\}|\$/g, '$1')
    .trim();
  const place = choices.findIndex((choice) => normal(choice) === normal(text));
  if (place !== -1) return String.fromCharCode('A'.charCodeAt(0) + place);
  const match = LETTER.exec(text);
  // "A) … B) …" names two.
  const isOne = match !== null && !/[\s,;][([]?[A-Z][)\].](?:\s|$)/.test(text.slice(2));
  return isOne ? match[1].toUpperCase() : '';
}

function normal(text: string): string {
  return text
    .normalize('NFC')
    .toLowerCase()
    .replace(/[\s.]+/g, ' ')
    .trim();
}
