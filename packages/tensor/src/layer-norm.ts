import * as tf from '@tensorflow/tfjs';
import { fusedLayerNorm } from './simd/fused-norms.js';
import { simdKernels } from './simd/host-arrays.js';
import type { Tensor } from './types.js';

/**
 * Layer norm: y = w · n + b with n = (x − mean(x)) · r and r = 1 / √(var(x) + ε), the variance over D.
 * Ba et al. 2016, equation 4, https://arxiv.org/abs/1607.06450.
 * Gradient: ∂x = r · (g − mean(g) − n · mean(g · n)) with g = w · ∂y, ∂w = Σ_rows n · ∂y, ∂b = Σ_rows ∂y.
 *
 * @param x [N, D] receives gradient
 * @param weight [D] receives gradient
 * @param bias [D] receives gradient
 * @param epsilon added to the variance
 * @returns [N, D]
 */
export function layerNorm(x: Tensor, weight: Tensor, bias: Tensor, epsilon: number): Tensor {
  const kernels = simdKernels();
  if (kernels) return fusedLayerNorm(kernels, x, weight, bias, epsilon);
  return tf.customGrad((...args) => {
    const [input, w, b, save] = args as unknown as [Tensor, Tensor, Tensor, tf.GradSaveFunc];
    const centred = tf.tidy(() => tf.sub(input, tf.mean(input, -1, true))); // [N, D]
    const r = tf.tidy(() => tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), epsilon))); // [N, 1]
    const normal = tf.mul(centred, r); // [N, D]
    save([w, normal, r]);
    const gradFunc = (dy: Tensor, saved: Tensor[]) => {
      const [w, normal, r] = saved as [Tensor, Tensor, Tensor];
      return tf.tidy(() => {
        const g = tf.mul(dy, w); // [N, D]
        const projection = tf.mean(tf.mul(g, normal), -1, true); // [N, 1]
        const level = tf.mean(g, -1, true); // [N, 1]
        const dx = tf.mul(tf.sub(tf.sub(g, level), tf.mul(normal, projection)), r); // [N, D]
        return [dx, tf.sum(tf.mul(dy, normal), 0), tf.sum(dy, 0)];
      });
    };
    return { value: tf.tidy(() => tf.add(tf.mul(normal, w), b)), gradFunc };
  })(x, weight, bias);
}
