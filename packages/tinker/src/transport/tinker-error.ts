/**
 * What went wrong.
 * - `refused`: the server answered that it will not.
 * - `failed`: the server took the request and could not do it.
 * - `unreachable`: no answer came, or it broke off. `timeout`: none came in time.
 * - `malformed`: the answer is not what the protocol says.
 * - `lost`: the server no longer knows the session, the model or the result.
 */
export type TinkerErrorKind =
  | 'refused'
  | 'failed'
  | 'unreachable'
  | 'timeout'
  | 'malformed'
  | 'lost';

/** An error of a server, or on the way to it. Holds no key. */
export class TinkerError extends Error {
  override readonly name = 'TinkerError';

  constructor(
    readonly kind: TinkerErrorKind,
    message: string,
    /** HTTP status, where one came. */
    readonly status?: number,
  ) {
    super(message);
  }
}

/** What happened, in words; fetch hides it in the cause. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message || error.message : error.message;
}
