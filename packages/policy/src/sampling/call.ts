import type { SampledTokens, SampleOptions } from '../types.js';
import type { Call } from './row.js';

/** A call that is over when all its requests are, when one fails, or when its signal aborts; the promise tells which. */
export function openCall(
  options: SampleOptions,
  requests: number,
): { readonly call: Call; readonly sampled: Promise<SampledTokens[]> } {
  const { signal } = options;
  const results = new Array<SampledTokens>(requests);
  let left = requests;
  let isOver = false;
  let settle: (action: () => void) => void = () => {};
  let resolve: (results: SampledTokens[]) => void = () => {};
  let reject: (reason: unknown) => void = () => {};
  const sampled = new Promise<SampledTokens[]>((onResults, onReason) => {
    resolve = onResults;
    reject = onReason;
  });
  const abort = () => settle(() => reject(signal?.reason));
  settle = (action) => {
    if (isOver) return;
    isOver = true;
    signal?.removeEventListener('abort', abort);
    action();
  };
  signal?.addEventListener('abort', abort);
  const call = {
    options,
    get isOver() {
      return isOver;
    },
    finish: (request: number, result: SampledTokens) => {
      results[request] = result;
      left -= 1;
      if (left === 0) settle(() => resolve(results));
    },
    fail: (reason: unknown) => settle(() => reject(reason)),
  };
  return { call, sampled };
}
