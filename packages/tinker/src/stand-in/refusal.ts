/** An answer that is no success. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    /** A sentence, or a list of what is wrong with the body. */
    readonly detail: unknown,
  ) {
    super(String(detail));
  }
}

/** What the engine could not do: the future answers 400. */
export class EngineFailure extends Error {}
