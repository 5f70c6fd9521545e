import * as tf from '@tensorflow/tfjs';
import { fusedRmsNorm } from './simd/fused-norms.js';
import { simdKernels } from './simd/host-arrays.js';
import type { Tensor } from './types.js';

/**
 * Root-mean-square layer norm: y = w · x · r with r = 1 / √(mean(x²) + ε).
 * Zhang and Sennrich 2019, equation 4, https://arxiv.org/abs/1910.07467.
 * Gradient: ∂x = r · (g − x · r² · mean(g · x)) with g = w · ∂y, and ∂w = Σ_rows x · r · ∂y.
 *
 * @param x [N, D] receives gradient
 * @param weight [D] receives gradient
 * @param epsilon added to the mean square
 * @returns [N, D]
 */
export function rmsNorm(x: Tensor, weight: Tensor, epsilon: number): Tensor {
  const kernels = simdKernels();
  if (kernels) return fusedRmsNorm(kernels, x, weight, epsilon);
  return tf.customGrad((...args) => {
    const [input, w, save] = args as unknown as [Tensor, Tensor, tf.GradSaveFunc];
    const r = tf.tidy(() => tf.rsqrt(tf.add(tf.mean(tf.square(input), -1, true), epsilon))); // [N, 1]
    const value = tf.tidy(() => tf.mul(tf.mul(input, r), w)); // [N, D]
    save([input, w, r]);
    const gradFunc = (dy: Tensor, saved: Tensor[]) => {
      const [x, w, r] = saved as [Tensor, Tensor, Tensor];
      return tf.tidy(() => {
        const normal = tf.mul(x, r); // [N, D]
        const g = tf.mul(dy, w); // [N, D]
        const projection = tf.mean(tf.mul(g, normal), -1, true); // [N, 1]
        const dx = tf.mul(tf.sub(g, tf.mul(normal, projection)), r); // [N, D]
        const dw = tf.sum(tf.mul(dy, normal), 0); // [D]
        return [dx, dw];
      });
    };
    return { value, gradFunc };
  })(x, weight);
}
