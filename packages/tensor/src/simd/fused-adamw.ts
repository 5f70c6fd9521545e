import type { Tensor } from '../types.js';
import { hostArray, hostTensor } from './host-arrays.js';
import type { Kernels } from './kernels.js';

/** The numbers of one step of `adamWStep`. */
export interface AdamWNumbers {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** λ, 0 for a parameter that does not decay. */
  readonly decay: number;
  /** 1 − β₁ᵗ */
  readonly correction1: number;
  /** √(1 − β₂ᵗ) */
  readonly correction2Root: number;
  readonly gradientScale: number;
}

/**
 * One step of one parameter in one pass over memory.
 *
 * @param before θ, m, v and g
 * @returns θ, m and v after the step
 */
export function fusedAdamW(
  kernels: Kernels,
  before: readonly [theta: Tensor, m: Tensor, v: Tensor, g: Tensor],
  n: AdamWNumbers,
): [theta: Tensor, m: Tensor, v: Tensor] {
  const [{ shape, size }] = before;
  const [theta, m, v] = [hostTensor(shape), hostTensor(shape), hostTensor(shape)];
  const [theta0, m0, v0, g] = before.map(hostArray);
  kernels.adamW(
    theta.data,
    m.data,
    v.data,
    theta0,
    m0,
    v0,
    g,
    size,
    n.learningRate,
    n.beta1,
    n.beta2,
    n.epsilon,
    n.decay,
    n.correction1,
    n.correction2Root,
    n.gradientScale,
  );
  return [theta.tensor, m.tensor, v.tensor];
}
