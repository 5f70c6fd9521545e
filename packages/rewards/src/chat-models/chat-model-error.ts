import type { ChatFailureKind } from '../types.js';

const RETRYABLE: ReadonlySet<ChatFailureKind> = new Set([
  'rate-limited',
  'server',
  'connection',
  'timeout',
  'malformed',
]);

/** A chat model that gave no answer, with the kind of failure that metrics count. */
export class ChatModelError extends Error {
  override readonly name: string = 'ChatModelError';
  readonly kind: ChatFailureKind;
  /** How long the endpoint asks to be left alone, in ms. */
  readonly retryAfterMs?: number;

  constructor(
    kind: ChatFailureKind,
    message: string,
    { retryAfterMs }: { readonly retryAfterMs?: number | undefined } = {},
  ) {
    super(message);
    this.kind = kind;
    if (retryAfterMs !== undefined) this.retryAfterMs = retryAfterMs;
  }
}

/** The kind of any thrown value; `other` for what no chat model of this package throws. */
export function failureKind(error: unknown): ChatFailureKind {
  return error instanceof ChatModelError ? error.kind : 'other';
}

/** Whether the same call may succeed later: not after a wrong key, a refusal or an endless answer. */
export function isRetryable(error: unknown): boolean {
  return RETRYABLE.has(failureKind(error));
}
