import type { ModelConfig } from '../architectures/architecture.js';
import type { LanguageModelOptions } from '../model/language-model-options.js';

/** The parent of a sequence's first token. */
export const ROOT = -1;
/** Stands for a token of which nothing is kept, and for all that follow it. */
export const LOST = -2;

/** Under which name the result of a layer's attention is kept. [rows, H · Dh] */
export const attentionOf = (layer: number): string => `attention ${layer}`;
/** And log Σ e^score of its rows and heads. [rows, H] */
export const logSumsOf = (layer: number): string => `${attentionOf(layer)}, log sums`;

/** Rows that the arrays begin with; they grow by half. */
const ROWS = 1024;

/**
 * The results of a sampler's projections and attention, token by token: a gradient of the same tokens under the same
 * weights needs no forward pass of its own. Tokens form a tree, in which each stands below the one before it: a sequence
 * is found by its ids, however it came about.
 */
export class TokenTrace {
  /** The node of a token by its parent's and its id. */
  readonly #nodes = new Map<number, number>();
  /** By the name of a projection's weight, or `attentionOf` a layer; [capacity, width] each. */
  readonly #results = new Map<string, { readonly width: number; data: Float32Array }>();
  readonly #vocabularySize: number;
  readonly #limit: number;
  #rows = 0;

  /** @param limit most bytes; what comes after them is lost */
  constructor(vocabularySize: number, limit: number) {
    this.#vocabularySize = vocabularySize;
    this.#limit = limit;
  }

  /** Forgets all tokens, as other weights make necessary; their memory is used again. */
  clear(): void {
    this.#nodes.clear();
    this.#rows = 0;
  }

  /** Frees the memory too. */
  dispose(): void {
    this.clear();
    this.#results.clear();
  }

  /** The first of so many new rows, one after the other; undefined where there is no room for all. */
  reserve(rows: number): number | undefined {
    const first = this.#rows;
    if ((first + rows) * this.#rowBytes() > this.#limit) return undefined;
    this.#rows += rows;
    return first;
  }

  /**
   * Says which token a row is of.
   *
   * @param parent the node of the token before it, ROOT or LOST
   * @returns its node. Tokens of the same past are one, whatever rows are written for them.
   */
  place(parent: number, id: number, row: number): number {
    if (parent === LOST) return LOST;
    const key = this.#key(parent, id);
    const known = this.#nodes.get(key);
    if (known !== undefined) return known;
    this.#nodes.set(key, row);
    return row;
  }

  /**
   * The rows of a result, to be written. [rows, width]
   *
   * @param fresh makes an array of zeros
   */
  result(
    name: string,
    first: number,
    rows: number,
    width: number,
    fresh: (numbers: number) => Float32Array = (numbers) => new Float32Array(numbers),
  ): Float32Array {
    const needed = (first + rows) * width;
    let entry = this.#results.get(name);
    if (entry === undefined || entry.data.length < needed) {
      const capacity = Math.max(ROWS, Math.ceil(1.5 * (first + rows)));
      const data = fresh(capacity * width);
      if (entry) data.set(entry.data.subarray(0, first * width));
      entry = { width, data };
      this.#results.set(name, entry);
    }
    return entry.data.subarray(first * width, needed);
  }

  /** All rows of a result. [capacity, width] */
  resultsOf(name: string): { readonly width: number; readonly data: Float32Array } | undefined {
    return this.#results.get(name);
  }

  /** The node of the token that follows; LOST where it was not seen. */
  follow(parent: number, id: number): number {
    return this.#nodes.get(this.#key(parent, id)) ?? LOST;
  }

  #key(parent: number, id: number): number {
    return (parent + 1) * this.#vocabularySize + id;
  }

  #rowBytes(): number {
    let width = 0;
    for (const entry of this.#results.values()) width += entry.width;
    return 4 * width;
  }
}

/**
 * The trace that a model's samplers leave; none where its forward pass in training is another than theirs, because it
 * drops inputs at random or is run anew for the gradient.
 */
export function traceFor(
  { vocabularySize }: Pick<ModelConfig, 'vocabularySize'>,
  { gradientCheckpointing = false, maxTraceBytes = 2 ** 30 }: LanguageModelOptions,
  dropout = 0,
): TokenTrace | undefined {
  if (gradientCheckpointing || dropout > 0 || maxTraceBytes === 0) return undefined;
  return new TokenTrace(vocabularySize, maxTraceBytes);
}

/**
 * The row in which each token's results stand.
 *
 * @param sequences ids that each follow the last token of another sequence, given before it, or begin anew
 * @returns undefined where a token was not seen
 */
export function tracedRows(
  trace: TokenTrace,
  sequences: readonly { readonly ids: Int32Array; readonly after?: number | undefined }[],
): Int32Array | undefined {
  const ends: number[] = [];
  const rows = new Int32Array(sequences.reduce((sum, { ids }) => sum + ids.length, 0));
  let at = 0;
  for (const { ids, after } of sequences) {
    let node = after === undefined ? ROOT : ends[after];
    for (const id of ids) {
      node = trace.follow(node, id);
      if (node === LOST) return undefined;
      rows[at++] = node;
    }
    ends.push(node);
  }
  return rows;
}
