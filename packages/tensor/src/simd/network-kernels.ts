/** Some rows of a gate and of what it is for, both [capacity, width]. */
export type GatedRows = readonly [
  gate: Float32Array,
  up: Float32Array,
  rows: Int32Array,
  count: number,
  capacity: number,
  width: number,
];

/** The operations of a decoder between its products; an output may be the input of its own shape. */
export interface NetworkKernels {
  /**
   * out = x · r · (centre + weight), r = 1 / √(mean(x²) + ε) of each row.
   *
   * @param x [rows, width]
   * @param weight [width]
   * @param inverse [rows] gets r
   */
  rmsNorm(
    out: Float32Array,
    x: Float32Array,
    weight: Float32Array,
    rows: number,
    width: number,
    epsilon: number,
    centre: number,
    inverse?: Float32Array,
  ): void;
  /**
   * out = weight · (x − μ) · r + bias, μ the mean of each row and r = 1 / √(var + ε).
   *
   * @param x [rows, width]
   * @param weight [width]
   * @param bias [width]
   * @param mean [rows] gets μ
   * @param inverse [rows] gets r
   */
  layerNorm(
    out: Float32Array,
    x: Float32Array,
    weight: Float32Array,
    bias: Float32Array,
    rows: number,
    width: number,
    epsilon: number,
    mean?: Float32Array,
    inverse?: Float32Array,
  ): void;
  /**
   * Turns the first `turned` numbers of each head by the angles of its row, as `rotary` does; the others stay.
   *
   * @param x [rows, heads, headSize]
   * @param cos [rows, turned] with equal halves
   * @param sin [rows, turned] with equal halves
   * @param turned even, at most headSize
   * @param isBack turns the other way: the gradient
   */
  rotary(
    out: Float32Array,
    x: Float32Array,
    cos: Float32Array,
    sin: Float32Array,
    rows: number,
    heads: number,
    headSize: number,
    turned: number,
    isBack: boolean,
  ): void;
  /** out = silu(gate) · up */
  swiGlu(out: Float32Array, gate: Float32Array, up: Float32Array, count: number): void;
  /**
   * out[i] = silu(gate[rows[i]]) · up[rows[i]]
   *
   * @param out [count, width]
   */
  swiGluRows(out: Float32Array, ...picked: GatedRows): void;
  /** out = x · Φ(x) */
  gelu(out: Float32Array, x: Float32Array, count: number): void;
  /** `gelu` by its approximation with tanh. */
  geluTanh(out: Float32Array, x: Float32Array, count: number): void;
  /** out = cap · tanh(x / cap) */
  softCap(out: Float32Array, x: Float32Array, cap: number, count: number): void;
}
