import * as tf from '@tensorflow/tfjs';
import type { CrossEntropy, Tensor } from '../types.js';
import { fusedOp } from './fused.js';
import { hostArray, hostTensor } from './host-arrays.js';
import type { Kernels } from './kernels.js';

/** `crossEntropy`, a row of logits at a time while it is in the cache. */
export function fusedCrossEntropy(kernels: Kernels, z: Tensor, ids: Int32Array): CrossEntropy {
  const [loss, gradient] = [hostTensor([ids.length]), hostTensor(z.shape)];
  const vocabulary = z.shape.at(-1) as number;
  kernels.crossEntropy(loss.data, gradient.data, hostArray(z), ids, ids.length, vocabulary, 1);
  return { loss: loss.tensor, gradient: gradient.tensor };
}

/** `pickLogProbs`, which keeps p − onehot(id) for its gradient. */
export function fusedPickLogProbs(
  kernels: Kernels,
  logits: Tensor,
  ids: Int32Array,
  temperature: number,
): Tensor {
  const rows = ids.length;
  const width = logits.shape.at(-1) as number;
  return fusedOp([logits], ([logits]) => {
    const out = hostTensor([rows]);
    const isTaped = tf.engine().state.gradientDepth > 0;
    const slopes = isTaped ? hostTensor(logits.shape) : undefined; // of −y
    const z = hostArray(logits);
    kernels.crossEntropy(out.data, slopes?.data, z, ids, rows, width, temperature);
    for (let n = 0; n < rows; n++) out.data[n] = -out.data[n];
    return {
      value: out.tensor,
      saved: [],
      made: slopes ? [slopes.tensor] : [],
      gradient: (dy, [slopes]) => {
        const dx = hostTensor([rows, width]);
        const factors = dy.map((d) => -d / temperature);
        kernels.scaleRows(dx.data, slopes, factors, rows, width);
        return [dx.tensor];
      },
    };
  });
}
