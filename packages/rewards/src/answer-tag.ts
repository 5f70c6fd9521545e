/** The text of the last `<answer>…</answer>`, the one that counts. */
export const ANSWER_TAG = /<answer>((?:(?!<answer>)[\s\S])*?)<\/answer>/g;

/**
 * Makes a function that finds the answer in a completion: the first group of the last match, or
 * undefined if there is none.
 *
 * @throws RangeError if the pattern has no group
 */
export function answerFinder(
  reward: string,
  pattern: RegExp,
): (completion: string) => string | undefined {
  // A pattern that also matches the empty text shows how many groups it has.
  const groups = (new RegExp(`${pattern.source}|`, pattern.flags).exec('')?.length ?? 1) - 1;
  if (groups === 0) {
    throw new RangeError(
      `${reward}: pattern needs a group around the answer, got ${pattern} without one. ` +
        'Put the part that is the answer in parentheses.',
    );
  }
  const everyMatch = new RegExp(pattern, pattern.flags.replace(/[gy]/g, '').concat('g'));
  return (completion) => [...completion.matchAll(everyMatch)].at(-1)?.[1];
}
