import type { Reward } from './types.js';

/**
 * Scores only what comes after the reasoning: the text behind the last delimiter. A completion whose reasoning did not
 * end gets 0, as in TRL's reasoning_accuracy_reward; that is `afterReasoning(mathAnswer())`. Keeps name and weight.
 *
 * @param delimiters that end the reasoning. Default `</think>`
 * @throws RangeError without a delimiter
 * @example
 * afterReasoning(mathAnswer()); // "<think>\boxed{1}</think> \boxed{2}" is scored as " \boxed{2}"
 */
export function afterReasoning(
  reward: Reward,
  { delimiters = ['</think>'] }: { readonly delimiters?: readonly string[] } = {},
): Reward {
  if (delimiters.length === 0 || delimiters.includes('')) {
    throw new RangeError(
      'afterReasoning: needs delimiters, got none or a blank one. Leave them out for </think>.',
    );
  }
  return {
    ...reward,
    fn: (episode, call) => {
      const ends = delimiters.map((delimiter) => {
        const start = episode.completion.lastIndexOf(delimiter);
        return start === -1 ? -1 : start + delimiter.length;
      });
      const end = Math.max(...ends);
      if (end === -1) return 0;
      return reward.fn({ ...episode, completion: episode.completion.slice(end) }, call);
    },
  };
}
