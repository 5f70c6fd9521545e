import * as tf from '@tensorflow/tfjs';
import { nestedGradients } from './gradients.js';
import type { Tensor } from './types.js';

/**
 * Computes y = body(x) and forgets everything between: the backward pass computes `body` again, with a gradient of
 * its own. Chen et al. 2016, section 4, https://arxiv.org/abs/1604.06174. Memory of one body at a time for the time
 * of one more forward pass.
 *
 * @param body the same function whenever it is called, of `x` and of what it closes over; other tensors than
 *   `parameters` get no gradient, and all of them must outlive the backward pass
 * @param x any shape, receives gradient
 * @param parameters receive gradient
 * @returns y in the shape that `body` gives
 */
export function checkpoint(
  body: (x: Tensor) => Tensor,
  x: Tensor,
  parameters: readonly Tensor[],
): Tensor {
  return tf.customGrad((...args) => {
    const input = args[0] as Tensor;
    const save = args.at(-1) as unknown as tf.GradSaveFunc;
    const value = tf.tidy(() => body(input));
    save([input]); // last: what is saved is freed with the tape, which an operation enters when it is done
    const gradFunc = (dy: Tensor, [saved]: Tensor[]) => {
      // A tensor of its own: where the tape saved `x` itself, its gradient must not meet that of the outer pass.
      const again = saved as Tensor;
      return nestedGradients(() => body(again), [again, ...parameters], dy);
    };
    return { value, gradFunc };
  })(x, ...parameters);
}
