import * as tf from '@tensorflow/tfjs';
import type { Tensor } from './types.js';

/**
 * The same values, held constant: no gradient flows through the result.
 * TensorFlow.js has no such operation; the tape is cut by a custom gradient of zero.
 *
 * @param x any shape
 * @returns the shape of `x`
 */
export function stopGradient(x: Tensor): Tensor {
  return tf.customGrad((value) => {
    const input = value as Tensor;
    return { value: tf.clone(input), gradFunc: () => tf.zerosLike(input) };
  })(x);
}
