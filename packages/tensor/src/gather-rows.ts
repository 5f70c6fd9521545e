import * as tf from '@tensorflow/tfjs';
import { fusedGatherRows } from './simd/fused-rows.js';
import { simdKernels } from './simd/host-arrays.js';
import type { Tensor } from './types.js';

/**
 * Picks rows: out[i] = x[rows[i]]. Gradient: ∂x[r] = Σ_{i: rows[i] = r} ∂out[i].
 * An embedding lookup, and the selection of the positions that a loss looks at.
 *
 * @param x [R, D] receives gradient
 * @param rows [N] row numbers; repeats allowed
 * @returns [N, D]
 */
export function gatherRows(x: Tensor, rows: Int32Array): Tensor {
  const kernels = simdKernels();
  if (kernels) return fusedGatherRows(kernels, x, rows);
  const count = x.shape[0] ?? 0;
  return tf.customGrad((...inputs) => {
    const [table] = inputs as [Tensor];
    const picked = tf.tidy(() => tf.gather(table, tf.tensor1d(rows, 'int32'))); // [N, D]
    const gradFunc = (dy: Tensor) =>
      tf.tidy(() => tf.unsortedSegmentSum(dy, tf.tensor1d(rows, 'int32'), count)); // [R, D]
    return { value: picked, gradFunc };
  })(x);
}
