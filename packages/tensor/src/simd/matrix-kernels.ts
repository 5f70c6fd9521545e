/** Products of matrices. */
export interface MatrixKernels {
  /**
   * out[i] = op(a[i]) op(b[i]) for every i of a batch, or out[i] += … with `accumulate`.
   *
   * @param out [batch, m, n]
   * @param a [m, k] each, or [k, m] with `transposeA`; `strideA` numbers apart, 0 where all share one
   * @param b [k, n] each, or [n, k] with `transposeB`; `strideB` numbers apart, 0 where all share one
   */
  matmul(
    out: Float32Array,
    a: Float32Array,
    b: Float32Array,
    m: number,
    n: number,
    k: number,
    transposeA: boolean,
    transposeB: boolean,
    batch: number,
    strideA: number,
    strideB: number,
    accumulate: boolean,
  ): void;
  /** Numbers that a packed weight of n outputs and k inputs takes. */
  packedSize(n: number, k: number): number;
  /** A weight [n, k], or [k, n] with `isInOut`, in the order in which `linear` reads it. */
  pack(out: Float32Array, weight: Float32Array, n: number, k: number, isInOut: boolean): void;
  /**
   * out = x Wᵀ + bias + residual, for a weight that is used many times; few rows are as fast as many.
   *
   * @param out [rows, n]; may be `residual`
   * @param x [rows, k]
   * @param packed W, from `pack`
   * @param bias [n]
   * @param residual [rows, n]
   */
  linear(
    out: Float32Array,
    x: Float32Array,
    packed: Float32Array,
    rows: number,
    n: number,
    k: number,
    bias?: Float32Array,
    residual?: Float32Array,
  ): void;
  /**
   * out = x Wᵀ + bias of one x for several weights, as `linear`, handed out together.
   *
   * @param outs [rows, n] each
   * @param packed each from `pack`
   * @param biases [n] each
   * @param widths [count] the n of each
   */
  linears(
    outs: readonly Float32Array[],
    x: Float32Array,
    packed: readonly Float32Array[],
    biases: readonly (Float32Array | undefined)[],
    widths: Int32Array,
    count: number,
    rows: number,
    k: number,
  ): void;
  /**
   * out = silu(gate) · up, gate and up as of `linear`, in one pass over memory.
   *
   * @param out [rows, n]
   * @param gate [rows, n]
   * @param up [rows, n]
   * @param x [rows, k]
   * @param packedGate from `pack`
   * @param packedUp from `pack`
   * @param gateBias [n]
   * @param upBias [n]
   */
  gatedLinear(
    out: Float32Array,
    gate: Float32Array,
    up: Float32Array,
    x: Float32Array,
    packedGate: Float32Array,
    packedUp: Float32Array,
    rows: number,
    n: number,
    k: number,
    gateBias?: Float32Array,
    upBias?: Float32Array,
  ): void;
}
