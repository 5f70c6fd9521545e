import type { Episode, Reward } from './types.js';

/**
 * A sign; a character of a script that writes words without spaces; or a word, of which at most 20
 * characters count as one, so that one endless word is a repetition too.
 */
const UNIT =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]|[\p{L}\p{M}\p{N}]{1,20}|[^\s\p{L}\p{M}\p{N}]/gu;

/** Options of `repetitionPenalty`. */
export interface RepetitionPenaltyOptions {
  /** n of the n-grams. Default 3. */
  readonly n?: number;
  /** What a completion of nothing but repetition comes close to. Default −1. */
  readonly maxPenalty?: number;
  /** What an n-gram is made of, such as token ids. Default: words and signs in lower case. */
  readonly units?: (episode: Episode) => readonly (string | number)[];
}

/** Words, signs, and characters of scripts without spaces, in lower case. */
export function wordUnits(completion: string): readonly string[] {
  return completion.toLowerCase().match(UNIT) ?? [];
}

/**
 * Punishes repeated n-grams:
 *
 *     r = (1 − distinct n-grams / n-grams) · maxPenalty
 *
 * "Demystifying Long Chain-of-Thought Reasoning in LLMs", Yeo et al. 2025,
 * https://arxiv.org/abs/2502.03373, in the form of TRL's get_repetition_penalty_reward. Departure:
 * n-grams of words and signs in lower case rather than of token ids, so that the reward does not
 * depend on the tokenizer; give `units` for ids.
 *
 * @returns a reward from maxPenalty to 0; 0 for a completion of fewer than n words
 * @throws RangeError if n is not a positive integer or maxPenalty is positive
 * @example
 * repetitionPenalty({ n: 2 }); // "no no no no no" gives -0.75
 */
export function repetitionPenalty({
  n = 3,
  maxPenalty = -1,
  units = ({ completion }) => wordUnits(completion),
}: RepetitionPenaltyOptions = {}): Reward {
  if (!(Number.isInteger(n) && n >= 1 && maxPenalty <= 0 && maxPenalty > -Infinity)) {
    throw new RangeError(
      `repetitionPenalty: needs a positive integer n and a maxPenalty of at most 0, ` +
        `got n ${n} and maxPenalty ${maxPenalty}. A penalty is negative.`,
    );
  }
  return {
    name: 'repetitionPenalty',
    fn: (episode) => {
      const all = units(episode);
      const total = all.length - n + 1;
      if (total < 1) return 0;
      const distinct = new Set<string>();
      for (let i = 0; i < total; i++) distinct.add(all.slice(i, i + n).join(' '));
      return distinct.size === total ? 0 : (1 - distinct.size / total) * maxPenalty;
    },
  };
}
