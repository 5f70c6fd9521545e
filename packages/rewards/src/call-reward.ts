import { excerpt } from './excerpt.js';
import type { RewardCall, RewardFailureKind } from './types.js';

/** How a call failed: what happened, and what to do about it. */
export interface CallFailure {
  readonly kind: RewardFailureKind;
  readonly what: string;
  readonly advice: string;
}

const TIMED_OUT = Symbol('timed out');

/** Calls a function of a reward and says what it returned or how it failed; never rejects, never hangs. */
export async function callReward(
  run: (call: RewardCall) => unknown,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<{ readonly returned: unknown } | CallFailure> {
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
    const returned = await Promise.race([run({ signal: call.signal }), stopped]);
    if (returned !== TIMED_OUT) return { returned };
    const what = `took longer than ${timeoutMs} ms`;
    return { kind: 'timeout', what, advice: 'Make it faster or raise timeoutMs.' };
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
