import { goldTexts } from './gold-texts.js';
import { ngramCounts, sharedCount, wordsOf } from './text/words.js';
import type { Reward } from './types.js';

/** Which n-grams are compared: single words, pairs, or the longest common subsequence. */
export type RougeKind = 'rouge1' | 'rouge2' | 'rougeL';

/** Options of `rouge`. */
export interface RougeOptions {
  /** Default rougeL. */
  readonly by?: RougeKind;
  /** Column of the row that holds the reference, or a list of references, of which the closest counts. Default `answer`. */
  readonly column?: string;
}

/**
 * Rewards words shared with a reference. With m the n-grams that both have (each as often as in the text that has it
 * less often), or the length of the longest common subsequence of words:
 *
 *     precision = m / n-grams of the completion    recall = m / n-grams of the reference
 *     r = 2 · precision · recall / (precision + recall)
 *
 * Lin, "ROUGE", 2004, https://aclanthology.org/W04-1013. As Google's rouge_score without stemming; departure: letters
 * of every script count, not only a-z and 0-9.
 *
 * @returns a reward from 0 to 1 with the parts `precision` and `recall`; `null` where the row has no reference
 * @example
 * rouge({ by: 'rouge1' }); // { name: 'rouge1', fn }
 */
export function rouge({ by = 'rougeL', column = 'answer' }: RougeOptions = {}): Reward {
  return {
    name: by,
    fn: ({ completion, row }) => {
      const gold = goldTexts('rouge', row, column);
      const said = wordsOf(completion);
      const scores = gold.map((text) => overlap(said, wordsOf(text), by));
      if (scores.length === 0) return null;
      return scores.reduce((best, score) => (score.value > best.value ? score : best));
    },
  };
}

function overlap(said: readonly string[], gold: readonly string[], by: RougeKind) {
  const n = by === 'rouge2' ? 2 : 1;
  const m =
    by === 'rougeL'
      ? commonLength(said, gold)
      : sharedCount(ngramCounts(said, n), ngramCounts(gold, n));
  const precision = m / Math.max(1, said.length - n + 1);
  const recall = m / Math.max(1, gold.length - n + 1);
  const value = m === 0 ? 0 : (2 * precision * recall) / (precision + recall);
  return { value, parts: { precision, recall } };
}

/** Length of the longest common subsequence, row by row. */
function commonLength(a: readonly string[], b: readonly string[]): number {
  const row = new Uint16Array(b.length + 1);
  for (const word of a) {
    let diagonal = 0; // of the row before, one place to the left
    for (let j = 0; j < b.length; j++) {
      const above = row[j + 1];
      row[j + 1] = word === b[j] ? diagonal + 1 : Math.max(above, row[j]);
      diagonal = above;
    }
  }
  return row[b.length];
}
