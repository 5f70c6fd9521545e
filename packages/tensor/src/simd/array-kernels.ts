/** f of every number; `out` may be `x`. */
type Unary = (out: Float32Array, x: Float32Array, count: number) => void;

/**
 * out = f(a, b), without gaps.
 *
 * @param layout [3, rank] sizes, then the strides of a and of b; the last stride is 0 or 1
 */
type Binary = (
  out: Float32Array,
  a: Float32Array,
  b: Float32Array,
  layout: Int32Array,
  rank: number,
) => void;

/** out[o, j] = scale · f(x[o, :, j]), x [outer, size, inner]. */
type Reduction = (
  out: Float32Array,
  x: Float32Array,
  outer: number,
  size: number,
  inner: number,
  scale: number,
) => void;

/** Whole arrays, as the kernels of TensorFlow.js with these names treat them. */
export interface ArrayKernels {
  readonly abs: Unary;
  readonly exp: Unary;
  readonly log: Unary;
  readonly neg: Unary;
  readonly reciprocal: Unary;
  readonly relu: Unary;
  readonly rsqrt: Unary;
  readonly sigmoid: Unary;
  readonly sqrt: Unary;
  readonly square: Unary;
  readonly tanh: Unary;
  /**
   * Asks the system for large pages beneath an array that nothing has touched yet, where it has them and the array is
   * large: what is read along it then costs fewer look-ups of addresses.
   */
  hugePages(array: Float32Array, count: number): void;
  /** The first number that begins a line of the processor's cache; `array` holds at least one line of 16. */
  lineStart(array: Float32Array): number;
  /** 1 above 0, else `slope`. */
  step(out: Float32Array, x: Float32Array, count: number, slope: number): void;
  /** Between `low` and `high`. */
  clip(out: Float32Array, x: Float32Array, count: number, low: number, high: number): void;

  readonly add: Binary;
  readonly sub: Binary;
  readonly mul: Binary;
  readonly div: Binary;
  readonly maximum: Binary;
  readonly minimum: Binary;
  readonly squaredDifference: Binary;

  readonly sum: Reduction;
  readonly max: Reduction;
  readonly min: Reduction;
  /** Over the last dimension; `out` may be `x`. */
  softmax(out: Float32Array, x: Float32Array, rows: number, width: number): void;

  /** Copies between arrays. @param layout [3, rank] sizes, then the strides of out and of x */
  copy(
    out: Float32Array,
    x: Float32Array,
    layout: Int32Array,
    rank: number,
    outStart: number,
    xStart: number,
  ): void;
}
