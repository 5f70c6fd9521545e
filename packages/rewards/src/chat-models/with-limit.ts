import type { ChatModel } from '../types.js';
import { sameModel } from './with-timeout.js';

/**
 * Lets at most `concurrency` calls run at once; the others wait in their order. A call that is
 * cancelled while it waits leaves the queue at once.
 *
 * @throws RangeError if concurrency is not a positive integer
 */
export function withLimit(chatModel: ChatModel, concurrency: number): ChatModel {
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new RangeError(
      `withLimit: concurrency must be an integer of at least 1, got ${concurrency}. ` +
        'Use 1 to call the model one at a time.',
    );
  }
  let free = concurrency;
  const waiting = new Set<() => void>();
  const release = (): void => {
    const [next] = waiting;
    if (next === undefined) free++;
    else {
      waiting.delete(next);
      next(); // hands its slot over
    }
  };
  const acquire = (signal: AbortSignal | undefined): Promise<void> => {
    if (free > 0) {
      free--;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        waiting.delete(enter);
        reject(signal?.reason);
      };
      const enter = (): void => {
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      waiting.add(enter);
      signal?.addEventListener('abort', leave, { once: true });
    });
  };
  const limited: ChatModel = async (messages, options) => {
    options?.signal?.throwIfAborted();
    await acquire(options?.signal);
    try {
      return await chatModel(messages, options);
    } finally {
      release();
    }
  };
  return sameModel(limited, chatModel);
}
