import * as tf from '@tensorflow/tfjs';
import type { HostLoss, Tensor } from './types.js';

/**
 * Makes a loss on plain numbers a differentiable operation: the values of `x` go to `loss` in float64,
 * and the gradient that it returns becomes the gradient of the result.
 *
 * @param x any shape; receives gradient
 * @param loss values in; loss and ∂loss/∂values out, in the order of `x`
 * @returns [] the loss
 * @throws if the gradient does not have one number for each of `x`, or any number is not finite
 */
export function hostLoss(x: Tensor, loss: HostLoss): Tensor {
  return tf.customGrad((...inputs) => {
    const [values] = inputs as [Tensor];
    const result = loss(Float64Array.from(values.dataSync()));
    checkResult(result, values.size);
    const gradFunc = (dy: Tensor) =>
      tf.tidy(() => tf.mul(dy, tf.tensor(Float32Array.from(result.gradient), values.shape)));
    return { value: tf.scalar(result.loss), gradFunc };
  })(x);
}

function checkResult({ loss, gradient }: ReturnType<HostLoss>, size: number): void {
  if (gradient.length !== size) {
    throw new Error(
      `hostLoss: needs one gradient for each of ${size} values, got ${gradient.length}. Return the gradient in the shape of the input.`,
    );
  }
  if (!Number.isFinite(loss) || !gradient.every(Number.isFinite)) {
    throw new Error(
      `hostLoss: needs a finite loss and gradient, got loss ${loss} and ${gradient.filter((g) => !Number.isFinite(g)).length} gradients that are not finite. Look for log-probs or advantages that are not numbers.`,
    );
  }
}
