/**
 * Why an OpenEnv server gave no answer: one of the protocol's codes, or
 * - `CONNECTION`: it could not be reached, or the connection ended;
 * - `TIMEOUT`: it took too long;
 * - `MALFORMED`: what it sent is no answer of the protocol.
 */
export class OpenEnvError extends Error {
  override readonly name = 'OpenEnvError';
  /** Whether the episode may go well when it is played again. */
  readonly isRetryable: boolean;

  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
    this.isRetryable = ['CONNECTION', 'TIMEOUT', 'CAPACITY_REACHED', 'SESSION_ERROR'].includes(
      code,
    );
  }
}
