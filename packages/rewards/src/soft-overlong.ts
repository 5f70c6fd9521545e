import { type CountTokens, completionTokens } from './completion-tokens.js';
import type { Reward } from './types.js';

/** Options of `softOverlong`. */
export interface SoftOverlongOptions {
  /** L_max, in tokens. */
  readonly maxLength: number;
  /** L_cache, in tokens: the stretch before L_max over which the punishment grows. */
  readonly cache: number;
  /** Counts the tokens of a completion. Default: the episode's own count. */
  readonly count?: CountTokens;
}

/**
 * Punishes completions that come close to the limit of length, softly. With L the length in tokens:
 *
 *     r = 0                              if L ≤ L_max − L_cache
 *     r = ((L_max − L_cache) − L) / L_cache   if L_max − L_cache < L ≤ L_max
 *     r = −1                             if L > L_max
 *
 * "DAPO", Yu et al. 2025, equation 13, https://arxiv.org/abs/2503.14476
 *
 * @throws RangeError unless 0 < cache ≤ maxLength; the reward throws if there is no count of tokens
 * @example
 * softOverlong({ maxLength: 100, cache: 20 }); // 90 tokens give -0.5
 */
export function softOverlong({
  maxLength,
  cache,
  count = completionTokens('softOverlong'),
}: SoftOverlongOptions): Reward {
  if (!(cache > 0 && cache <= maxLength && maxLength < Infinity)) {
    throw new RangeError(
      `softOverlong: cache must lie between 0 and maxLength, got cache ${cache} and maxLength ` +
        `${maxLength}. Give both in tokens, such as maxLength 256 and cache 64.`,
    );
  }
  return {
    name: 'softOverlong',
    fn: (episode) => {
      const L = count(episode);
      const free = maxLength - cache;
      if (L <= free) return 0;
      return L <= maxLength ? (free - L) / cache : -1;
    },
  };
}
