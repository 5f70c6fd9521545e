import { goldTexts } from './gold-texts.js';
import { ngramCounts, sharedCount, wordsOf } from './text/words.js';
import type { Reward } from './types.js';

/** Options of `bleu`. */
export interface BleuOptions {
  /** Column of the row that holds the reference, or a list of references. Default `answer`. */
  readonly column?: string;
  /** Longest n-grams. Default 4. */
  readonly maxN?: number;
}

/**
 * Rewards n-grams shared with references. With m_n the n-grams of the completion that a reference has (each at most as
 * often as in the reference that has it most), c and g the words of completion and closest reference:
 *
 *     p_n = m_n / n-grams of the completion     r = min(1, exp(1 − g/c)) · (Π p_n)^(1/N)
 *
 * Papineni et al. 2002, https://aclanthology.org/P02-1040, for one sentence: N is no longer than the completion, and the
 * k-th p_n that is 0 counts as 1 / (2^k · n-grams), as in sacrebleu ("exp" smoothing). Words as in `rouge`.
 *
 * @returns a reward from 0 to 1; 0 where not one word is shared; `null` where the row has no reference
 * @throws RangeError unless maxN is a positive integer
 * @example
 * bleu({ column: 'translation' }); // { name: 'bleu', fn }
 */
export function bleu({ column = 'answer', maxN = 4 }: BleuOptions = {}): Reward {
  if (!(Number.isInteger(maxN) && maxN >= 1)) {
    throw new RangeError(`bleu: maxN must be a positive integer, got ${maxN}. The usual one is 4.`);
  }
  return {
    name: 'bleu',
    fn: ({ completion, row }) => {
      const gold = goldTexts('bleu', row, column).map(wordsOf);
      return gold.length === 0 ? null : sentenceBleu(wordsOf(completion), gold, maxN);
    },
  };
}

function sentenceBleu(
  said: readonly string[],
  gold: readonly (readonly string[])[],
  maxN: number,
): number {
  const c = said.length;
  let zeros = 0;
  let sum = 0;
  const N = Math.min(maxN, c);
  for (let n = 1; n <= N; n++) {
    const m = sharedCount(ngramCounts(said, n), mostOf(gold.map((words) => ngramCounts(words, n))));
    if (m === 0 && n === 1) return 0;
    if (m === 0) zeros++;
    sum += Math.log((m === 0 ? 2 ** -zeros : m) / (c - n + 1));
  }
  if (N === 0) return 0;
  const g = closest(
    gold.map((words) => words.length),
    c,
  );
  return Math.min(1, Math.exp(1 - g / c)) * Math.exp(sum / N);
}

/** Each n-gram as often as in the reference that has it most. */
function mostOf(counts: readonly ReadonlyMap<string, number>[]): ReadonlyMap<string, number> {
  const most = new Map<string, number>();
  for (const [gram, count] of counts.flatMap((one) => [...one])) {
    most.set(gram, Math.max(count, most.get(gram) ?? 0));
  }
  return most;
}

/** The length closest to c; of two as close, the shorter. */
function closest(lengths: readonly number[], c: number): number {
  return lengths.reduce((best, length) => {
    const [old, now] = [Math.abs(best - c), Math.abs(length - c)];
    return now < old || (now === old && length < best) ? length : best;
  });
}
