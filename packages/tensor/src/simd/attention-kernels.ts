/** Runs of packed rows as `segmentAttention` sees them; one entry for each. */
export interface Segments {
  /** The first row of what stands before the segment; a prefix may be shared. */
  readonly prefixStart: Int32Array;
  /** Rows of the prefix; may be 0. */
  readonly prefixLength: Int32Array;
  readonly start: Int32Array;
  readonly length: Int32Array;
}

/** Settings of `segmentAttention`. */
export interface SegmentAttentionOptions {
  /** Dh */
  readonly headSize: number;
  /** Multiplies q kᵀ. */
  readonly scale: number;
  /** Keeps the scaled scores between −softcap and softcap. Default: no cap. */
  readonly softcap?: number;
  /** A query sees this many places, its own included. Default: all up to its own. */
  readonly window?: number;
}

/** Who sees whom, as numbers: the arrays of `Segments` and how many there are, sizes, and `SegmentAttentionOptions` with 0 for none. */
export type SegmentView = readonly [
  prefixStart: Int32Array,
  prefixLength: Int32Array,
  start: Int32Array,
  length: Int32Array,
  segments: number,
  rows: number,
  heads: number,
  keyHeads: number,
  headSize: number,
  scale: number,
  softcap: number,
  window: number,
];

/** Attention over packed rows, and its gradient. */
export interface AttentionKernels {
  /**
   * out = softmax(scale · q kᵀ) v, each query over the prefix of its segment and the rows of it up to its own.
   *
   * @param out [rows, heads · headSize]
   * @param logSums [rows, heads] gets log Σ e^score
   * @param q [rows, heads · headSize]
   * @param k [rows, keyHeads · headSize]
   * @param v [rows, keyHeads · headSize]
   */
  segmentAttention(
    out: Float32Array,
    logSums: Float32Array,
    q: Float32Array,
    k: Float32Array,
    v: Float32Array,
    ...view: SegmentView
  ): void;
  /** ∂q, ∂k and ∂v of `segmentAttention`, from what it gave. */
  segmentAttentionGradient(
    dq: Float32Array,
    dk: Float32Array,
    dv: Float32Array,
    dy: Float32Array,
    out: Float32Array,
    logSums: Float32Array,
    q: Float32Array,
    k: Float32Array,
    v: Float32Array,
    ...view: SegmentView
  ): void;
}
