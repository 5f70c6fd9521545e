import * as tf from '@tensorflow/tfjs';
import { fusedGelu } from './simd/fused-activations.js';
import { simdKernels } from './simd/host-arrays.js';
import type { Tensor } from './types.js';

const ROOT_2_OVER_PI = Math.sqrt(2 / Math.PI);
const ROOT_HALF = Math.sqrt(0.5);
const CUBIC = 0.044715; // the constant of the approximation, from the paper

/**
 * The Gaussian error linear unit: y = x · Φ(x), Φ the normal distribution function.
 * Hendrycks and Gimpel 2016, section 2, https://arxiv.org/abs/1606.08415.
 * Gradient: ∂x = ∂y · (Φ(x) + x · φ(x)), φ the normal density.
 *
 * @param x any shape, receives gradient
 * @returns the shape of `x`
 */
export function gelu(x: Tensor): Tensor {
  const kernels = simdKernels();
  if (kernels) return fusedGelu(kernels, 'gelu', x);
  return withSlope(
    x,
    (z) => tf.mul(z, distribution(z)),
    (z) => {
      const density = tf.mul(tf.exp(tf.mul(tf.square(z), -0.5)), 1 / Math.sqrt(2 * Math.PI));
      return tf.add(distribution(z), tf.mul(z, density));
    },
  );
}

/**
 * `gelu` by its approximation: y = x / 2 · (1 + tanh u), u = √(2 / π) · (x + 0.044715 x³).
 * Hendrycks and Gimpel 2016, section 2, https://arxiv.org/abs/1606.08415; `gelu_new` and `gelu_pytorch_tanh` in
 * the configs of Hugging Face.
 * Gradient: ∂x = ∂y · ((1 + tanh u) / 2 + x / 2 · (1 − tanh² u) · u′).
 *
 * @param x any shape, receives gradient
 * @returns the shape of `x`
 */
export function geluTanh(x: Tensor): Tensor {
  const kernels = simdKernels();
  if (kernels) return fusedGelu(kernels, 'geluTanh', x);
  return withSlope(
    x,
    (z) => tf.mul(tf.mul(z, 0.5), tf.add(squashed(z), 1)),
    (z) => {
      const t = squashed(z);
      const inner = tf.mul(tf.add(tf.mul(tf.square(z), 3 * CUBIC), 1), ROOT_2_OVER_PI); // u′
      const bend = tf.mul(tf.mul(tf.sub(1, tf.square(t)), inner), z);
      return tf.mul(tf.add(tf.add(t, 1), bend), 0.5);
    },
  );
}

/** Φ(z) */
function distribution(z: Tensor): Tensor {
  return tf.mul(tf.add(tf.erf(tf.mul(z, ROOT_HALF)), 1), 0.5);
}

/** tanh u */
function squashed(z: Tensor): Tensor {
  const u = tf.mul(tf.mul(z, tf.add(tf.mul(tf.square(z), CUBIC), 1)), ROOT_2_OVER_PI);
  return tf.tanh(u);
}

/** A function of single numbers with its derivative; only the input is kept for the gradient. */
function withSlope(x: Tensor, f: (x: Tensor) => Tensor, slope: (x: Tensor) => Tensor): Tensor {
  return tf.customGrad((...args) => {
    const [input, save] = args as unknown as [Tensor, tf.GradSaveFunc];
    save([input]);
    const gradFunc = (dy: Tensor, saved: Tensor[]) =>
      tf.tidy(() => tf.mul(dy, slope(saved[0] as Tensor)));
    return { value: tf.tidy(() => f(input)), gradFunc };
  })(x);
}
