/** What a command ends with; docs/guides/command-line.md says the same to people. */
export const EXIT = {
  /** It did what it was asked. */
  done: 0,
  /** It began and failed: a run that stopped itself, a reward that threw. */
  failed: 1,
  /** It was asked wrongly, and nothing was begun: an unknown flag, a wrong field, a missing file. */
  usage: 2,
  /** The backend that was asked for does not start. */
  backend: 3,
  /** Another process writes the run, or the folder holds a run already. */
  taken: 4,
  /** The run was stopped before its end, and saved: `grpo resume` goes on. */
  stopped: 5,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** An error with the status that the command ends with. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  constructor(
    readonly exitCode: ExitCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Runs work whose failure means that nothing was begun. */
export async function before<T>(exitCode: ExitCode, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(exitCode, messageOf(error), { cause: error });
  }
}

/** The status of an error: its own, or that of a failure after the beginning. */
export function exitCodeOf(error: unknown): ExitCode {
  return error instanceof CommandError ? error.exitCode : EXIT.failed;
}

/** What an error says, without its stack. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
