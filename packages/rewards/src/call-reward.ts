import { excerpt } from './excerpt.js';
import type { Episode, Reward, RewardFailureKind, RewardValue } from './types.js';

/** The value of a reward, or how the call failed: what happened, and what to do about it. */
export type Outcome =
  | { readonly value: RewardValue }
  | { readonly kind: RewardFailureKind; readonly what: string; readonly advice: string };

const TIMED_OUT = Symbol('timed out');

/** Calls one reward and turns whatever happens into an outcome; never rejects, never hangs. */
export async function callReward(
  reward: Reward,
  episode: Episode,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<Outcome> {
  const call = new AbortController();
  const abort = () => call.abort(signal?.reason);
  if (signal?.aborted) abort();
  signal?.addEventListener('abort', abort, { once: true });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stopped = new Promise<symbol | undefined>((resolve) => {
    timer = setTimeout(resolve, timeoutMs, TIMED_OUT);
    call.signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  try {
    const result: unknown = reward.fn(episode, { signal: call.signal });
    const value = await Promise.race([result, stopped]);
    if (value === TIMED_OUT) {
      const what = `took longer than ${timeoutMs} ms`;
      return { kind: 'timeout', what, advice: 'Make it faster or raise timeoutMs.' };
    }
    if (value === null || (typeof value === 'number' && Number.isFinite(value))) return { value };
    const advice = 'Return a finite number, or null where the reward does not apply.';
    return { kind: 'invalid', what: `returned ${describe(value)}`, advice };
  } catch (error) {
    const advice = 'Mend the reward, or return null where it does not apply.';
    return { kind: 'thrown', what: `threw "${errorText(error)}"`, advice };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
    call.abort();
  }
}

function describe(value: unknown): string {
  if (typeof value === 'string') return `the string "${excerpt(value)}"`;
  if (typeof value === 'object') return Array.isArray(value) ? 'an array' : 'an object';
  return typeof value === 'function' ? 'a function' : String(value);
}

function errorText(error: unknown): string {
  try {
    return excerpt(error instanceof Error ? error.message : String(error));
  } catch {
    return 'an error without a text';
  }
}
