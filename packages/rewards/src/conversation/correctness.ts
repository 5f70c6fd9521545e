import { referenceOf } from '../judges/show-episode.js';
import type { Reward } from '../types.js';
import { type ConversationOptions, judgedOrMeasured } from './judged-or-measured.js';
import { measure, REFUSAL_FACTOR } from './measures.js';
import { share } from './substance.js';
import { contentWords, sentences, words } from './words.js';

/** Options of `correctness`. */
export interface CorrectnessOptions extends ConversationOptions {
  /** The column of the row with the right answer. Default answer. */
  readonly column?: string;
}

/** Beyond so many characters an answer is not looked at. */
const MAX_CHARACTERS = 20_000;
/** References of at most so many words must stand in the answer as they are. */
const SHORT = 4;
const NEGATION =
  /\b(?:not|never|no|isn['’]t|aren['’]t|wasn['’]t|neither|nor|incorrect|wrong|false)\b/i;

/**
 * Says what the reference says. With g the substance:
 *
 *     r = g · found · commitment
 *
 * A reference of up to four words is found (1) if a sentence without a negation holds it word for word; of
 * a longer one, `found` is the share of its content words in such sentences. `commitment` is ½ where a short
 * reference stands beside an "or", else 1: naming every answer is not knowing one. English only; it compares
 * words, so it does not know a paraphrase, and for mathematics `numericAnswer` and the like are exact. With
 * a judge it is the checklist `conversationRubrics.correctness`, with the reference shown.
 *
 * @returns a reward from 0 to 1; null where the row has no reference
 */
export function correctness({ judge, column = 'answer' }: CorrectnessOptions = {}): Reward {
  const reward = judgedOrMeasured(
    'correctness',
    judge,
    (episode) => {
      const reference = referenceOf(episode, column);
      if (reference === undefined || words(reference).length === 0) return null;
      const { substance, isRefusal } = measure(episode);
      // Code counts here: the answer may be a command.
      const completion = episode.completion.slice(0, MAX_CHARACTERS);
      const stated = sentences(completion).filter((one) => !deniesOnly(one, reference));
      const wanted = words(reference);
      const isShort = wanted.length <= SHORT;
      const found = isShort
        ? Number(stated.some((one) => holds(words(one), wanted)))
        : longShare(reference, stated);
      const commitment = isShort && isHedged(completion, wanted) ? 0.5 : 1;
      const value = substance * found * commitment * (isRefusal ? REFUSAL_FACTOR : 1);
      return { value, parts: { substance, found, commitment } };
    },
    column,
  );
  const { fn } = reward;
  // Without a reference there is nothing to be right about, for a judge neither.
  return {
    ...reward,
    fn: (episode, call) => (referenceOf(episode, column) === undefined ? null : fn(episode, call)),
  };
}

/** Whether a sentence negates where the reference does not. */
function deniesOnly(sentence: string, reference: string): boolean {
  return NEGATION.test(sentence) && !NEGATION.test(reference);
}

function longShare(reference: string, stated: readonly string[]): number {
  const said = new Set(stated.flatMap(contentWords));
  return share([...new Set(contentWords(reference))], (word) => said.has(word));
}

function holds(list: readonly string[], wanted: readonly string[]): boolean {
  return ` ${list.join(' ')} `.includes(` ${wanted.join(' ')} `);
}

function isHedged(completion: string, wanted: readonly string[]): boolean {
  const said = words(completion);
  return holds(said, [...wanted, 'or']) || holds(said, ['or', ...wanted]);
}
