import type { ChatModel } from '../types.js';
import { ChatModelError } from './chat-model-error.js';

/**
 * Gives each call a time limit, even where the model ignores its signal: such a call is left behind.
 *
 * @param timeoutMs limit of one call, in ms
 * @throws RangeError if timeoutMs is not between 0 and 2^31
 */
export function withTimeout(chatModel: ChatModel, timeoutMs: number): ChatModel {
  // Node's timers fire at once beyond 2^31 - 1 ms.
  if (!(timeoutMs > 0 && timeoutMs < 2 ** 31)) {
    throw new RangeError(
      `withTimeout: timeoutMs must lie between 0 and 2^31 ms (24 days), got ${timeoutMs}. ` +
        'Choose the longest time that one answer may take.',
    );
  }
  const limited: ChatModel = async (messages, options = {}) => {
    const { signal } = options;
    signal?.throwIfAborted();
    const call = new AbortController();
    let giveUp = (): void => {};
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stopped = new Promise<never>((_, reject) => {
      giveUp = () => reject(signal?.reason);
      const reason = `The chat model took longer than ${timeoutMs} ms. Raise timeoutMs, or ask for fewer tokens.`;
      timer = setTimeout(() => reject(new ChatModelError('timeout', reason)), timeoutMs);
    });
    signal?.addEventListener('abort', giveUp, { once: true });
    try {
      return await Promise.race([
        chatModel(messages, { ...options, signal: call.signal }),
        stopped,
      ]);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', giveUp);
      call.abort();
    }
  };
  return sameModel(limited, chatModel);
}

/** Gives a wrapper the id of what it wraps: it is the same model that answers. */
export function sameModel<T extends ChatModel>(wrapper: T, chatModel: ChatModel): T {
  return chatModel.id === undefined ? wrapper : Object.assign(wrapper, { id: chatModel.id });
}
