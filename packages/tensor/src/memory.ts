import * as tf from '@tensorflow/tfjs';
import type { Tensor } from './types.js';

/** Runs `compute` and frees every tensor made in it except those it returns. */
export function tidy<T extends tf.TensorContainer>(compute: () => T): T {
  return tf.tidy(compute);
}

/** Takes tensors out of the surrounding `tidy`: the caller disposes of them. */
export function keep<T extends Tensor>(value: T): T {
  return tf.keep(value);
}

/** Frees tensors, wherever they stand in the given container. */
export function dispose(container: tf.TensorContainer): void {
  tf.dispose(container);
}

/** Tensors alive now; a function that is tidy-clean leaves this number as it was. */
export function countTensors(): number {
  return tf.memory().numTensors;
}
