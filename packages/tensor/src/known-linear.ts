import * as tf from '@tensorflow/tfjs';
import type { Tensor } from './types.js';

/** A projection whose result is known. */
export interface KnownLinear {
  /** [N, in] receives gradient */
  readonly x: Tensor;
  /** W, [out, in], or [in, out] with `isInOut`; receives gradient where `trainsWeight`. */
  readonly weight: Tensor;
  readonly trainsWeight: boolean;
  readonly isInOut?: boolean;
  /** [out] receives gradient */
  readonly bias?: Tensor | undefined;
  /** Adds s · x Aᵀ Bᵀ. A [r, in] and B [out, r] receive gradient. */
  readonly adapter?: { readonly a: Tensor; readonly b: Tensor; readonly scale: number } | undefined;
  /** [N, out] is added; receives gradient */
  readonly residual?: Tensor | undefined;
}

/**
 * y = x Wᵀ + b + s · x Aᵀ Bᵀ + residual where y has been computed before, from the same numbers: the gradient of the
 * projection without its products.
 *   ∂x = ∂y W + s · ∂y B A,  ∂W = ∂yᵀ x,  ∂b = Σ_rows ∂y,  ∂A = s · (∂y B)ᵀ x,  ∂B = s · ∂yᵀ (x Aᵀ),  ∂residual = ∂y.
 *
 * @param y [N, out] the result; must not be used otherwise
 * @returns [N, out] y
 */
export function knownLinear(
  y: Tensor,
  { x, weight, trainsWeight, isInOut = false, bias, adapter, residual }: KnownLinear,
): Tensor {
  const inputs = [
    x,
    ...(trainsWeight ? [weight] : []),
    ...(bias ? [bias] : []),
    ...(adapter ? [adapter.a, adapter.b] : []),
    ...(residual ? [residual] : []),
  ];
  return tf.customGrad((...args) => {
    const save = args.at(-1) as unknown as tf.GradSaveFunc;
    save([args[0] as Tensor, weight]);
    const gradFunc = (dy: Tensor, saved: Tensor[]) =>
      tf.tidy(() => {
        const [x, weight] = saved as [Tensor, Tensor];
        let dx: Tensor = tf.matMul(dy, weight, false, isInOut); // [N, in]
        const rest: Tensor[] = [];
        if (trainsWeight) {
          rest.push(isInOut ? tf.matMul(x, dy, true) : tf.matMul(dy, x, true)); // in the shape of W
        }
        if (bias) rest.push(tf.sum(dy, 0)); // [out]
        if (adapter) {
          const { a, b, scale } = adapter;
          const dLow = tf.mul(tf.matMul(dy, b), scale); // [N, r]
          const low = tf.mul(tf.matMul(x, a, false, true), scale); // [N, r]
          dx = tf.add(dx, tf.matMul(dLow, a));
          rest.push(tf.matMul(dLow, x, true), tf.matMul(dy, low, true)); // [r, in], [out, r]
        }
        if (residual) rest.push(tf.clone(dy));
        return [dx, ...rest];
      });
    return { value: y, gradFunc };
  })(...inputs);
}
