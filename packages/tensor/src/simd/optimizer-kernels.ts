/** What an optimizer does with gradients. */
export interface OptimizerKernels {
  /** @returns Σ x², summed in float64 */
  squaredNorm(x: Float32Array, count: number): number;
  /**
   * `adamWStep` of one parameter; each output may be its input.
   *
   * @param decay λ, 0 for a parameter that does not decay
   * @param correction1 1 − β₁ᵗ
   * @param correction2Root √(1 − β₂ᵗ)
   * @param gradientScale multiplies the gradient first
   */
  adamW(
    parameter: Float32Array,
    first: Float32Array,
    second: Float32Array,
    parameterBefore: Float32Array,
    firstBefore: Float32Array,
    secondBefore: Float32Array,
    gradient: Float32Array,
    count: number,
    learningRate: number,
    beta1: number,
    beta2: number,
    epsilon: number,
    decay: number,
    correction1: number,
    correction2Root: number,
    gradientScale: number,
  ): void;
}
