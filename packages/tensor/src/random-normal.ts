import * as tf from '@tensorflow/tfjs';
import type { Tensor } from './types.js';

/**
 * Normally distributed numbers from a generator that the caller seeds.
 *
 * @param shape of the result
 * @param normal draws from a standard normal distribution
 * @param standardDeviation multiplies the draws
 * @returns shape as given
 */
export function randomNormal(
  shape: readonly number[],
  normal: () => number,
  standardDeviation = 1,
): Tensor {
  const size = shape.reduce((product, length) => product * length, 1);
  const values = Float32Array.from({ length: size }, () => normal() * standardDeviation);
  return tf.tensor(values, [...shape]);
}
