import type { Reward } from './types.js';

/**
 * Rewards a completion in which a pattern occurs: 1, else 0. Anchor the pattern (`^…$`) to hold the whole completion to
 * it. The pattern is yours: one that backtracks without end, such as `(a+)+$`, blocks the process on some completion.
 *
 * @param name under which it is logged. Default `regexMatch`
 * @example
 * regexMatch(/^\d{4}-\d{2}-\d{2}$/); // "2024-02-29" gives 1
 */
export function regexMatch(
  pattern: RegExp,
  { name = 'regexMatch' }: { readonly name?: string } = {},
): Reward {
  // A global or sticky pattern would remember where it was.
  const stateless = new RegExp(pattern, pattern.flags.replace(/[gy]/g, ''));
  return { name, fn: ({ completion }) => (stateless.test(completion) ? 1 : 0) };
}
