import * as tf from '@tensorflow/tfjs';
import { type Handle, rawBackend } from './raw-backend.js';
import { fusedCrossEntropy } from './simd/fused-cross-entropy.js';
import { simdKernels } from './simd/host-arrays.js';
import type { CrossEntropy, Tensor } from './types.js';

const DT_INT32 = 3; // TensorFlow's number for the type

/**
 * Cross-entropy and its gradient with respect to the logits, in one pass over them where the backend has such an
 * operation. Not differentiable: for use within one that is.
 *
 * @param z [N, V] logits
 * @param ids [N] tokens
 */
export function crossEntropy(z: Tensor, ids: Int32Array): CrossEntropy {
  const kernels = simdKernels();
  if (kernels) return fusedCrossEntropy(kernels, z, ids);
  const backend = rawBackend();
  if (backend === undefined) return composed(z, ids);
  const { binding } = backend;
  const labels = tf.tensor1d(ids, 'int32');
  const type = (name: string, value: number) => ({ name, type: binding.TF_ATTR_TYPE, value });
  const [loss, gradient] = binding.executeOp(
    'SparseSoftmaxCrossEntropyWithLogits',
    [type('T', binding.TF_FLOAT), type('Tlabels', DT_INT32)],
    backend.getInputTensorIds([z, labels]),
    2,
  );
  labels.dispose();
  return {
    loss: backend.createOutputTensor(loss as Handle),
    gradient: backend.createOutputTensor(gradient as Handle),
  };
}

function composed(z: Tensor, ids: Int32Array): CrossEntropy {
  const [loss, gradient] = tf.tidy(() => {
    const onehot = tf.cast(tf.oneHot(tf.tensor1d(ids, 'int32'), z.shape.at(-1) ?? 0), 'float32');
    const logP = tf.sub(z, tf.logSumExp(z, -1, true)); // [N, V]
    const loss = tf.neg(tf.sum(tf.mul(logP, onehot), -1)); // [N]
    return [loss, tf.sub(tf.exp(logP), onehot)];
  }) as [Tensor, Tensor];
  return { loss, gradient };
}
