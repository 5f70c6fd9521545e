/** A sink's call that failed, and whether repeating it may help. */
export class SinkFailure extends Error {
  override readonly name: string = 'SinkFailure';
  readonly isRetryable: boolean;
  /** What a server asked for, in ms. */
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    { isRetryable, retryAfterMs }: { isRetryable: boolean; retryAfterMs?: number | undefined },
  ) {
    super(message);
    this.isRetryable = isRetryable;
    this.retryAfterMs = retryAfterMs;
  }
}

/** What a sink's state points to is gone: the follower starts over, from the first record. */
export class SinkStateLost extends Error {
  override readonly name = 'SinkStateLost';
}
