import type { GatedRows } from './network-kernels.js';

/** Between an array of `count` rows and the rows of another that ids name. */
type PickRows = (
  out: Float32Array,
  x: Float32Array,
  ids: Int32Array,
  count: number,
  rows: number,
  width: number,
) => void;

/** Gradients of `NetworkKernels`; a gradient may be written over an array of its own shape. */
export interface GradientKernels {
  /**
   * ∂x and ∂weight of `rmsNorm`.
   *
   * @param dx [rows, width]
   * @param dWeight [width]
   * @param inverse [rows] from `rmsNorm`
   */
  rmsNormGradient(
    dx: Float32Array,
    dWeight: Float32Array | undefined,
    dy: Float32Array,
    x: Float32Array,
    weight: Float32Array,
    inverse: Float32Array,
    rows: number,
    width: number,
    centre: number,
  ): void;
  /**
   * ∂x, ∂weight and ∂bias of `layerNorm`.
   *
   * @param dx [rows, width]
   * @param dWeight [width]
   * @param dBias [width]
   * @param mean [rows] from `layerNorm`
   * @param inverse [rows] from `layerNorm`
   */
  layerNormGradient(
    dx: Float32Array,
    dWeight: Float32Array,
    dBias: Float32Array,
    dy: Float32Array,
    x: Float32Array,
    weight: Float32Array,
    mean: Float32Array,
    inverse: Float32Array,
    rows: number,
    width: number,
  ): void;
  /** ∂gate and ∂up of `swiGlu`. */
  swiGluGradient(
    dGate: Float32Array,
    dUp: Float32Array,
    dy: Float32Array,
    gate: Float32Array,
    up: Float32Array,
    count: number,
  ): void;
  /**
   * ∂gate and ∂up of `swiGluRows`, for the rows that it picked.
   *
   * @param dGate [count, width]
   * @param dUp [count, width]
   * @param dy [count, width]
   */
  swiGluRowsGradient(
    dGate: Float32Array,
    dUp: Float32Array,
    dy: Float32Array,
    ...picked: GatedRows
  ): void;
  geluGradient(dx: Float32Array, dy: Float32Array, x: Float32Array, count: number): void;
  geluTanhGradient(dx: Float32Array, dy: Float32Array, x: Float32Array, count: number): void;
  /**
   * loss = lse(z) − z[id] of each row and gradient = softmax(z) − onehot(id), z = logits / temperature.
   *
   * @param loss [rows]
   * @param gradient [rows, vocabulary] with respect to z; may be `logits`
   * @param logits [rows, vocabulary]
   * @param ids [rows] each below `vocabulary`
   */
  crossEntropy(
    loss: Float32Array,
    gradient: Float32Array | undefined,
    logits: Float32Array,
    ids: Int32Array,
    rows: number,
    vocabulary: number,
    temperature: number,
  ): void;
  /** out[r] = factors[r] · x[r] @param x [rows, width] @param factors [rows] */
  scaleRows(
    out: Float32Array,
    x: Float32Array,
    factors: Float32Array,
    rows: number,
    width: number,
  ): void;
  /** out[i] = x[ids[i]] @param out [count, width] @param x [rows, width] @param ids [count] */
  readonly gatherRows: PickRows;
  /** out[ids[i]] += x[i] @param out [rows, width] @param x [count, width] @param ids [count] */
  readonly addRows: PickRows;
}
