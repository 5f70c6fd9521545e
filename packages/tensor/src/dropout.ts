import * as tf from '@tensorflow/tfjs';
import type { Tensor } from './types.js';

/**
 * Drops numbers at random and scales the others up: y = x · keep / (1 − rate).
 * Srivastava et al. 2014, section 4, https://jmlr.org/papers/v15/srivastava14a.html. The same seed drops the same
 * numbers on every backend, in the backward pass and when a layer is computed again.
 *
 * @param x any shape; receives gradient, ∂x = ∂y · keep / (1 − rate)
 * @param rate share that is dropped, at least 0 and below 1
 * @param seed a whole number of 32 bits
 * @returns the shape of `x`
 */
export function dropout(x: Tensor, rate: number, seed: number): Tensor {
  if (!(rate >= 0 && rate < 1)) {
    throw new Error(
      `dropout: needs a rate of at least 0 and below 1, got ${rate}. 0 drops nothing.`,
    );
  }
  if (rate === 0) return x;
  const masked = (value: Tensor) =>
    tf.tidy(() => tf.mul(value, tf.tensor(keepMask(x.size, rate, seed), x.shape)));
  return tf.customGrad((input) => ({
    value: masked(input as Tensor),
    gradFunc: (dy: Tensor) => masked(dy), // made again: cheaper to draw than to hold
  }))(x);
}

/** 1 / (1 − rate) where a number stays, 0 where it goes. */
function keepMask(size: number, rate: number, seed: number): Float32Array {
  const mask = new Float32Array(size);
  const scale = 1 / (1 - rate);
  const threshold = rate * 2 ** 32;
  for (let i = 0; i < size; i++) if (hash(seed, i) >= threshold) mask[i] = scale;
  return mask;
}

/** 32 well-mixed bits of a seed and a number: the finalizer of splitmix32. */
function hash(seed: number, i: number): number {
  let h = (seed + Math.imul(i, 0x9e3779b9)) | 0;
  h = Math.imul(h ^ (h >>> 16), 0x21f0aaad);
  h = Math.imul(h ^ (h >>> 15), 0x735a2d97);
  return (h ^ (h >>> 15)) >>> 0;
}
