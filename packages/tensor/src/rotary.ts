import * as tf from '@tensorflow/tfjs';
import { fusedRotary, tablePlan } from './simd/fused-rotary.js';
import { simdKernels } from './simd/host-arrays.js';
import type { Tensor } from './types.js';

/**
 * Rotary position embedding: y = x · cos + rotateHalf(x) · sin, with rotateHalf([a, b]) = [−b, a].
 * Su et al. 2021, equation 34, https://arxiv.org/abs/2104.09864, in the half-split layout of Hugging Face's Llama.
 * A rotation's gradient is the rotation back: ∂x = ∂y · cos − rotateHalf(∂y) · sin.
 *
 * @param x [..., Dh] receives gradient
 * @param cos broadcastable to `x`, constant, equal halves
 * @param sin as `cos`
 * @returns the shape of `x`
 */
export function rotary(x: Tensor, cos: Tensor, sin: Tensor): Tensor {
  const headSize = x.shape.at(-1) ?? 0;
  if (headSize % 2 !== 0) {
    throw new Error(
      `rotary: needs an even last dimension, got ${headSize}. Use an even head size.`,
    );
  }
  const kernels = simdKernels();
  const plan = kernels && tablePlan(x.shape, cos.shape);
  if (kernels && plan) return fusedRotary(kernels, plan, x, cos, sin);
  return tf.customGrad((...args) => {
    const [input, save] = args as unknown as [Tensor, tf.GradSaveFunc];
    save([cos, sin]);
    const gradFunc = (dy: Tensor, saved: Tensor[]) => {
      const [cos, sin] = saved as [Tensor, Tensor];
      return tf.tidy(() => rotate(dy, cos, tf.neg(sin)));
    };
    return { value: rotate(input, cos, sin), gradFunc };
  })(x);
}

function rotate(x: Tensor, cos: Tensor, sin: Tensor): Tensor {
  return tf.tidy(() => {
    const [a, b] = tf.split(x, 2, -1) as [Tensor, Tensor]; // [..., Dh / 2]
    const rotated = tf.concat([tf.neg(b), a], x.rank - 1); // [..., Dh]
    return tf.add(tf.mul(x, cos), tf.mul(rotated, sin)); // [..., Dh]
  });
}

/**
 * The frequencies of plain rotary positions: f[i] = θ^(−2i / Dh), radians per token.
 * Su et al. 2021, section 3.2.2, https://arxiv.org/abs/2104.09864.
 *
 * @param headSize Dh, even
 * @param theta the base of the frequencies
 * @returns [Dh / 2]
 */
export function rotaryFrequencies(headSize: number, theta: number): number[] {
  return Array.from({ length: headSize / 2 }, (_, i) => theta ** ((-2 * i) / headSize));
}

/**
 * The tables of `rotary` for given positions: angle[p, i] = p · f[i], the same for both halves.
 *
 * @param positions [N] token positions, counted from 0
 * @param frequencies [Dh / 2] radians per token, such as those of `rotaryFrequencies`
 * @param factor multiplies both tables, as rescaled positions may ask for
 * @returns cos and sin, row-major [N, Dh]
 */
export function rotaryTables(
  positions: Int32Array,
  frequencies: readonly number[],
  factor = 1,
): { readonly cos: Float32Array; readonly sin: Float32Array } {
  const half = frequencies.length;
  const cos = new Float32Array(positions.length * 2 * half);
  const sin = new Float32Array(positions.length * 2 * half);
  for (let row = 0; row < positions.length; row++) {
    for (let i = 0; i < half; i++) {
      const angle = positions[row] * frequencies[i];
      const at = row * 2 * half + i;
      cos[at] = cos[at + half] = factor * Math.cos(angle);
      sin[at] = sin[at + half] = factor * Math.sin(angle);
    }
  }
  return { cos, sin };
}
