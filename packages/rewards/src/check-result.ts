import { excerpt } from './excerpt.js';
import type { Episode, Reward, RewardBreakdown, RewardCall } from './types.js';

/** What a reward returned, as a value with its parts; or, in words, what it returned instead. */
export function checkResult(result: unknown): RewardBreakdown | { readonly got: string } {
  if (isValue(result)) return { value: result, parts: {} };
  if (typeof result !== 'object' || result === null) return { got: describe(result) };
  const { value, parts } = result as Partial<Record<keyof RewardBreakdown, unknown>>;
  if (value === undefined || typeof parts !== 'object' || parts === null) {
    return { got: describe(result) };
  }
  if (!isValue(value)) return { got: `a breakdown whose value is ${describe(value)}` };
  const wrong = Object.entries(parts).find(([, part]) => !isValue(part));
  if (wrong !== undefined)
    return { got: `a breakdown whose "${wrong[0]}" is ${describe(wrong[1])}` };
  return { value, parts: parts as RewardBreakdown['parts'] };
}

/**
 * Calls a reward that another one is made of.
 *
 * @throws what the reward throws, and if it returns anything but a reward
 */
export async function callPart(
  part: Reward,
  episode: Episode,
  call: RewardCall | undefined,
): Promise<RewardBreakdown> {
  const result = checkResult(await part.fn(episode, call));
  if (!('got' in result)) return result;
  throw new Error(`its part "${part.name}" returned ${result.got}`);
}

function isValue(value: unknown): value is number | null {
  return value === null || (typeof value === 'number' && Number.isFinite(value));
}

function describe(value: unknown): string {
  if (typeof value === 'string') return `the string "${excerpt(value)}"`;
  if (typeof value === 'object') return Array.isArray(value) ? 'an array' : 'an object';
  return typeof value === 'function' ? 'a function' : String(value);
}
