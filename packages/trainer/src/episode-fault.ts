import type { RolloutFailure, RolloutFailureKind } from './types.js';
import { TimedOut } from './within-limit.js';

/** Characters of a reason that are kept: the text of an error may be of any length. */
const LONGEST_REASON = 500;

const ADVICE: Readonly<Record<RolloutFailureKind, string>> = {
  thrown: 'Mend the environment, or give the error isRetryable: true where another try may help.',
  timeout: 'Make it faster, or raise the time limit.',
  invalid: 'Mend the environment; the types Env and StepResult say what it returns.',
  encoding: 'Mend the chat template or the messages, or use a model with a longer context.',
  sampler: 'Mend the sampler, or give its error isRetryable: true where another try may help.',
  unscored: 'Give it a reward that applies.',
};

/** What ended an episode, with the kind it is counted as. */
export class EpisodeFault extends Error {
  override readonly name = 'EpisodeFault';
  constructor(
    readonly kind: RolloutFailureKind,
    readonly origin: unknown,
  ) {
    super(textOf(origin));
  }
}

/** Does a part of an episode; whatever it throws becomes a fault of the kind, or of `timeout`. */
export async function asFault<Value>(
  kind: RolloutFailureKind,
  work: () => Value | Promise<Value>,
): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof EpisodeFault) throw error;
    throw new EpisodeFault(error instanceof TimedOut ? 'timeout' : kind, error);
  }
}

/** A fault as data, for a person and for counting. */
export function failureOf({ kind, message }: EpisodeFault, task: string): RolloutFailure {
  return {
    kind,
    reason: `The episode of task ${task} failed (${kind}): ${message}. ${ADVICE[kind]}`,
  };
}

/** Of anything that can be thrown, even where it has no text. */
function textOf(error: unknown): string {
  try {
    const text = error instanceof Error ? error.message : String(error);
    const cut = text.length <= LONGEST_REASON ? text : `${text.slice(0, LONGEST_REASON)}…`;
    return cut.replace(/\.$/, '');
  } catch {
    return 'an error without a text';
  }
}
