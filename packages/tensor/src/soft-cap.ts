import * as tf from '@tensorflow/tfjs';
import type { Tensor } from './types.js';

/**
 * Keeps numbers between −cap and cap: y = cap · tanh(x / cap).
 * Gemma Team 2024, section 2, "Logit soft-capping", https://arxiv.org/abs/2408.00118.
 * Gradient: ∂x = ∂y · (1 − (y / cap)²).
 *
 * @param x any shape, receives gradient
 * @param cap above 0
 * @returns the shape of `x`
 */
export function softCap(x: Tensor, cap: number): Tensor {
  return tf.customGrad((...args) => {
    const [input, save] = args as unknown as [Tensor, tf.GradSaveFunc];
    const t = tf.tidy(() => tf.tanh(tf.div(input, cap)));
    save([t]);
    const gradFunc = (dy: Tensor, saved: Tensor[]) =>
      tf.tidy(() => tf.mul(dy, tf.sub(1, tf.square(saved[0] as Tensor))));
    return { value: tf.mul(t, cap), gradFunc };
  })(x);
}
