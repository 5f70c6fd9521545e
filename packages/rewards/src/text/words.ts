/** Texts longer than this are cut: comparing two of them takes time in the product of their lengths. */
const MAX_WORDS = 4000;
const MAX_CHARACTERS = 100_000;
const WORD = /[\p{L}\p{M}\p{N}]+/gu;
/** Scripts that write words without spaces: a character counts as a word. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/gu;

/** The words of a text in lower case, at most 4000 of the first 100 000 characters; signs are left out. */
export function wordsOf(text: string): readonly string[] {
  const near = text.slice(0, MAX_CHARACTERS).toLowerCase().replace(UNSPACED, ' $& ');
  return (near.match(WORD) ?? []).slice(0, MAX_WORDS);
}

/** How often each n-gram occurs. */
export function ngramCounts(words: readonly string[], n: number): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (let i = 0; i + n <= words.length; i++) {
    const gram = words.slice(i, i + n).join(' ');
    counts.set(gram, (counts.get(gram) ?? 0) + 1);
  }
  return counts;
}

/** How many n-grams two texts share: the smaller count of each. */
export function sharedCount(
  a: ReadonlyMap<string, number>,
  b: ReadonlyMap<string, number>,
): number {
  let shared = 0;
  for (const [gram, count] of a) shared += Math.min(count, b.get(gram) ?? 0);
  return shared;
}
