import { keyedRandom, type Random } from '@grpo/random';
import { datasetFromRows } from './dataset-from-rows.js';
import type { Dataset } from './types.js';
import { checkCount } from './within-time.js';

/** A kind of `stringTasks`. */
export type StringTaskKind = 'reverse' | 'sort' | 'count' | 'caesar';

/** Options of `stringTasks`. */
export interface StringTaskOptions {
  readonly seed: number;
  /** Number of tasks. */
  readonly count: number;
  /** Default all four, with equal shares as far as the count allows. */
  readonly kinds?: readonly StringTaskKind[];
  /** Letters of a word: the knob of difficulty. Default 5. */
  readonly length?: number;
}

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz';
const DRAWS_PER_TASK = 1000;

/** Makes the prompt and the answer of a word. */
type Maker = (word: string, random: Random) => { readonly prompt: string; readonly answer: string };

const MAKERS: Readonly<Record<StringTaskKind, Maker>> = {
  reverse: (word) => ({ prompt: `Reverse: ${word}`, answer: [...word].reverse().join('') }),
  sort: (word) => ({ prompt: `Sort the letters: ${word}`, answer: [...word].sort().join('') }),
  count: (word, random) => {
    const letter = word[random.integer(word.length)];
    const answer = String(word.split(letter).length - 1);
    return { prompt: `How many ${letter} in: ${word}`, answer };
  },
  caesar: (word, random) => {
    const by = 1 + random.integer(ALPHABET.length - 1);
    return { prompt: `Shift each letter by ${by}: ${word}`, answer: shifted(word, by) };
  },
};

/**
 * Makes problems on words of random letters: reverse one, sort its letters, count a letter, shift
 * each letter along the alphabet.
 *
 * Words are drawn from few enough letters that some repeat. No prompt comes twice, and no answer but
 * that of `count` stands in its prompt. The columns of a row: `prompt`, `answer`, `kind`, `length`;
 * the reward `exactAnswer` of @grpo/rewards checks an answer.
 *
 * @throws RangeError if an option is out of range, or no more different problems can be found
 * @example
 * stringTasks({ seed: 42, count: 1000, kinds: ['reverse', 'count'], length: 4 });
 */
export function stringTasks({
  seed,
  count,
  kinds = ['reverse', 'sort', 'count', 'caesar'],
  length = 5,
}: StringTaskOptions): Dataset {
  checkCount('stringTasks', 'count', count);
  const unknown = kinds.find((kind) => !Object.hasOwn(MAKERS, kind));
  if (kinds.length === 0 || unknown !== undefined || !Number.isInteger(length) || length < 2) {
    throw new RangeError(
      `stringTasks: needs kinds of ${Object.keys(MAKERS).join(', ')} and a length of at least 2, ` +
        `got kinds ${kinds.join(', ')} and length ${length}. A single letter is reversed already.`,
    );
  }
  const random = keyedRandom(seed, 'strings', length);
  const rows = new Map<string, Readonly<Record<string, unknown>>>();
  for (let draws = 0; rows.size < count; draws++) {
    if (draws === count * DRAWS_PER_TASK) {
      throw new RangeError(
        `stringTasks: needs ${count} different problems on words of ${length} letters, ` +
          `found ${rows.size}. Ask for fewer, or raise length.`,
      );
    }
    const kind = kinds[rows.size % kinds.length];
    const word = wordOf(length, random);
    const { prompt, answer } = MAKERS[kind](word, random);
    if (answer !== word && !rows.has(prompt)) rows.set(prompt, { prompt, answer, kind, length });
  }
  return datasetFromRows([...rows.values()], { name: 'strings' });
}

/** From as many different letters as it is long, so that about a third of the places repeat one. */
function wordOf(length: number, random: Random): string {
  const first = random.integer(ALPHABET.length);
  const letters = shifted(ALPHABET, first).slice(0, length);
  return Array.from({ length }, () => letters[random.integer(letters.length)]).join('');
}

function shifted(word: string, by: number): string {
  return [...word]
    .map((letter) => ALPHABET[(ALPHABET.indexOf(letter) + by) % ALPHABET.length])
    .join('');
}
