/** What a future came to. */
export interface Outcome {
  readonly status: number;
  readonly body: unknown;
}

/** Results by number, kept for ever: a restart does not lose them. */
export class Futures {
  readonly #outcomes = new Map<number, Outcome | undefined>();
  readonly #waiting = new Map<number, Set<(outcome: Outcome) => void>>();

  create(): number {
    const id = this.#outcomes.size + 1;
    this.#outcomes.set(id, undefined);
    return id;
  }

  has(id: number): boolean {
    return this.#outcomes.has(id);
  }

  settle(id: number, outcome: Outcome): void {
    this.#outcomes.set(id, outcome);
    for (const tell of this.#waiting.get(id) ?? []) tell(outcome);
    this.#waiting.delete(id);
  }

  /** The outcome, or undefined where there is none within the time. */
  wait(id: number, ms: number): Promise<Outcome | undefined> {
    const known = this.#outcomes.get(id);
    if (known) return Promise.resolve(known);
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(id) ?? new Set();
      this.#waiting.set(id, waiting);
      const late = setTimeout(() => {
        waiting.delete(tell);
        resolve(undefined);
      }, ms);
      late.unref();
      const tell = (outcome: Outcome) => {
        clearTimeout(late);
        resolve(outcome);
      };
      waiting.add(tell);
    });
  }
}
