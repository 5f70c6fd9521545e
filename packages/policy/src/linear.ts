import { add, matMul, type Tensor } from '@grpo/tensor';

/**
 * A projection, x Wᵀ + b.
 *
 * @param x [N, in] receives gradient
 * @param weight [out, in] receives gradient
 * @param bias [out] receives gradient
 * @returns [N, out]
 */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  const product = matMul(x, weight, false, true); // [N, out]
  return bias === undefined ? product : add(product, bias); // [N, out]
}
