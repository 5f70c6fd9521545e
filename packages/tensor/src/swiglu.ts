import * as tf from '@tensorflow/tfjs';
import { fusedSwiGlu } from './simd/fused-activations.js';
import { simdKernels } from './simd/host-arrays.js';
import type { Tensor } from './types.js';

/**
 * The gate of a SwiGLU feed-forward layer: y = silu(gate) · up, silu(g) = g · σ(g).
 * Shazeer 2020, equation 6, https://arxiv.org/abs/2002.05202.
 *
 * @param gate [N, F] receives gradient
 * @param up [N, F] receives gradient
 * @returns [N, F]
 */
export function swiGlu(gate: Tensor, up: Tensor): Tensor {
  const kernels = simdKernels();
  if (kernels) return fusedSwiGlu(kernels, gate, up);
  return tf.customGrad((...args) => {
    const [gateIn, upIn, save] = args as unknown as [Tensor, Tensor, tf.GradSaveFunc];
    save([gateIn, upIn]);
    const gradFunc = (dy: Tensor, saved: Tensor[]) => {
      const [g, u] = saved as [Tensor, Tensor];
      return tf.tidy(() => {
        const sigma = tf.sigmoid(g); // [N, F]
        const silu = tf.mul(g, sigma); // [N, F]
        const slope = tf.add(sigma, tf.mul(silu, tf.sub(1, sigma))); // σ + g σ (1 − σ)
        return [tf.mul(tf.mul(dy, u), slope), tf.mul(dy, silu)];
      });
    };
    return { value: tf.tidy(() => tf.mul(tf.mul(gateIn, tf.sigmoid(gateIn)), upIn)), gradFunc };
  })(gate, up);
}
