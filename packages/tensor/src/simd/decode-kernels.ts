/** How many there are of what: the numbers of `attendPages`. */
export type PageShape = readonly [
  pagesPerSlab: number,
  layers: number,
  layer: number,
  columns: number,
  heads: number,
  keyValueHeads: number,
  headSize: number,
];

/** What decoding takes beside products, norms and positions: few rows, many calls. */
export interface DecodeKernels {
  /**
   * Causal attention of new tokens over the pages of their sequences: keys and values are written to their places, then
   * every row sees the places up to its own. Rows of one sequence follow one another, in order.
   *
   * @param out [rows, heads, headSize]
   * @param q [rows, heads, headSize]
   * @param k [rows, keyValueHeads, headSize]
   * @param v [rows, keyValueHeads, headSize]
   * @param slabs memory of `pagesPerSlab` pages each; pages are numbered through all of them
   * @param table [sequences, columns, 2] the pages of each sequence: a page and the position of its first place;
   *   −1 behind the last. Sequences that begin alike share pages, but for the one that is written to
   * @param sequences [rows] whose token it is
   * @param positions [rows]
   * @param shape a `PageShape`
   * @param scale multiplies the scores
   * @param window places that are seen, the token's own included; 0: all
   * @param softcap keeps the scores between −softcap and softcap; 0: no cap
   * @param logSums [rows, heads] gets log Σ e^score
   */
  attendPages(
    out: Float32Array,
    q: Float32Array,
    k: Float32Array,
    v: Float32Array,
    slabs: readonly Float32Array[],
    table: Int32Array,
    sequences: Int32Array,
    positions: Int32Array,
    rows: number,
    shape: Int32Array,
    scale: number,
    window: number,
    softcap: number,
    logSums?: Float32Array,
  ): void;
  /** Numbers that a page takes, for the keys and values of all layers. */
  pageSize(layers: number, keyValueHeads: number, headSize: number): number;
  /** Tokens that a page holds. */
  pagePlaces(): number;
  /**
   * Draws a token for each of some rows of logits from softmax(logits / T); the running sum of probabilities passes
   * the uniform at it.
   *
   * @param ids [count] the tokens; −1 where a row's logits are not finite
   * @param logProbs [count] ln softmax(logits / T)[id]
   * @param logits [·, vocabulary]
   * @param rows [count]
   * @param temperatures [count] T; 0 takes the most probable token, and its log-prob at T = 1
   * @param uniforms [count] in [0, 1)
   */
  drawTokens(
    ids: Int32Array,
    logProbs: Float64Array,
    logits: Float32Array,
    rows: Int32Array,
    temperatures: Float64Array,
    uniforms: Float64Array,
    count: number,
    vocabulary: number,
  ): void;
}
