import { checkResult } from './check-result.js';
import { excerpt } from './excerpt.js';
import type { Episode, Reward, RewardBreakdown, RewardFailureKind } from './types.js';

/** The value of a reward, or how the call failed: what happened, and what to do about it. */
export type Outcome =
  | RewardBreakdown
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
    const returned: unknown = reward.fn(episode, { signal: call.signal });
    const value = await Promise.race([returned, stopped]);
    if (value === TIMED_OUT) {
      const what = `took longer than ${timeoutMs} ms`;
      return { kind: 'timeout', what, advice: 'Make it faster or raise timeoutMs.' };
    }
    const result = checkResult(value);
    if (!('got' in result)) return result;
    const advice = 'Return a finite number, or null where the reward does not apply.';
    return { kind: 'invalid', what: `returned ${result.got}`, advice };
  } catch (error) {
    const advice = 'Mend the reward, or return null where it does not apply.';
    return { kind: 'thrown', what: `threw "${errorText(error)}"`, advice };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
    call.abort();
  }
}

function errorText(error: unknown): string {
  try {
    return excerpt(error instanceof Error ? error.message : String(error));
  } catch {
    return 'an error without a text';
  }
}
