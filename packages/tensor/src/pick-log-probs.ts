import * as tf from '@tensorflow/tfjs';
import { fusedPickLogProbs } from './simd/fused-cross-entropy.js';
import { simdKernels } from './simd/host-arrays.js';
import type { Tensor } from './types.js';

/**
 * Log-probs of chosen classes: y[n] = z[n, id[n]] − logsumexp(z[n]), z = logits / temperature.
 * Gradient: ∂logits[n] = ∂y[n] · (onehot(id[n]) − softmax(z[n])) / temperature.
 *
 * @param logits [N, V] receives gradient
 * @param ids [N] class numbers
 * @param temperature divides the logits; positive
 * @returns [N] in nats
 */
export function pickLogProbs(logits: Tensor, ids: Int32Array, temperature = 1): Tensor {
  if (!(temperature > 0)) {
    throw new Error(
      `pickLogProbs: needs a temperature above 0, got ${temperature}. Greedy sampling has no log-probs of its own: score it at temperature 1.`,
    );
  }
  const kernels = simdKernels();
  if (kernels) return fusedPickLogProbs(kernels, logits, ids, temperature);
  const vocabulary = logits.shape.at(-1) ?? 0;
  return tf.customGrad((...args) => {
    const [raw, save] = args as unknown as [Tensor, tf.GradSaveFunc];
    const z = tf.mul(raw, 1 / temperature); // [N, V]
    save([z]);
    const value = tf.tidy(() => {
      const chosen = tf.sum(tf.mul(z, oneHotRows(ids, vocabulary)), -1); // [N]
      return tf.sub(chosen, tf.logSumExp(z, -1)); // [N]
    });
    const gradFunc = (dy: Tensor, saved: Tensor[]) => {
      const [z] = saved as [Tensor];
      return tf.tidy(() => {
        const dz = tf.sub(oneHotRows(ids, vocabulary), tf.softmax(z)); // [N, V]
        return tf.mul(dz, tf.reshape(tf.mul(dy, 1 / temperature), [-1, 1])); // [N, V]
      });
    };
    return { value, gradFunc };
  })(logits);
}

function oneHotRows(ids: Int32Array, classes: number): Tensor {
  return tf.cast(tf.oneHot(tf.tensor1d(ids, 'int32'), classes), 'float32'); // [N, V]
}
