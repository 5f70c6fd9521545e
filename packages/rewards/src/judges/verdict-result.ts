import type { RewardBreakdown, RewardValue, Verdict } from '../types.js';

/**
 * A verdict as a reward: not applicable where there is none. The part `unavailable`, 1 or 0, is logged
 * beside it, so that its mean over a step is the share of episodes without a verdict.
 */
export function verdictResult<T>(
  verdict: Verdict<T>,
  score: (value: T) => { readonly value: RewardValue; readonly parts?: RewardBreakdown['parts'] },
): RewardBreakdown {
  if ('unavailable' in verdict) return { value: null, parts: { unavailable: 1 } };
  const { value, parts = {} } = score(verdict.value);
  return { value, parts: { ...parts, unavailable: 0 } };
}
