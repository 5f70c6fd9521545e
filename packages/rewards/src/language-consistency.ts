import type { Episode, Reward } from './types.js';

/** Options of `languageConsistency`. */
export interface LanguageConsistencyOptions {
  /** Unicode script of the wanted language, such as `Latin` or `Han`, for all rows or as a row asks for it. */
  readonly script:
    | string
    | readonly string[]
    | ((row: Episode['row']) => string | readonly string[]);
  /** The share of a text that is in the wanted language, 0 to 1, where scripts do not tell languages apart. */
  readonly detect?: (text: string, row: Episode['row']) => number | Promise<number>;
}

/** Code and formulas are in no language. */
const NO_LANGUAGE = /```[\s\S]*?(?:```|$)|`[^`\n]*`|\$[^$\n]{1,500}\$|https?:\/\/\S+/g;

/**
 * Rewards the share of a completion that is in the wanted language:
 *
 *     r = letters of the wanted scripts / letters
 *
 * DeepSeek-R1 (https://arxiv.org/abs/2501.12948, section 2.3.2) takes the share of words in the target language. A script
 * tells English from Chinese, not from French: for those give `detect`, whose share is multiplied with the first. Code,
 * formulas in `$…$` and links do not count. Japanese needs `['Han', 'Hiragana', 'Katakana']`.
 *
 * @returns a reward from 0 to 1; `null` where there is no letter at all
 * @throws RangeError for a script that Unicode does not have
 * @example
 * languageConsistency({ script: 'Latin' }); // "Hello 你好" gives 5/7
 */
export function languageConsistency({ script, detect }: LanguageConsistencyOptions): Reward {
  if (typeof script !== 'function') wanted(script); // fails at once
  return {
    name: 'languageConsistency',
    fn: async ({ completion, row }) => {
      const text = completion.replace(NO_LANGUAGE, ' ');
      const pattern = wanted(typeof script === 'function' ? script(row) : script);
      const [letters, right] = [/\p{L}/gu, pattern].map((one) => text.match(one)?.length ?? 0);
      if (letters === 0) return null;
      return (right / letters) * (detect ? await detect(text, row) : 1);
    },
  };
}

function wanted(script: string | readonly string[]): RegExp {
  try {
    const classes = [script].flat().map((one) => `(?=\\p{L})\\p{Script=${one}}`);
    return new RegExp(classes.join('|'), 'gu');
  } catch {
    throw new RangeError(
      `languageConsistency: script must be a Unicode script such as Latin, got ${String(script)}. See https://www.unicode.org/Public/UCD/latest/ucd/Scripts.txt.`,
    );
  }
}
