import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '../types.js';
import type { Kernels } from './kernels.js';
import { SimdBackend } from './simd-backend.js';

/** The kernels of the simd backend, where it is the one in use: then data of tensors are arrays that they take. */
export function simdKernels(): Kernels | undefined {
  return active()?.kernels;
}

/**
 * The numbers of a tensor of float32 on the simd backend, not a copy: valid until the tensor is disposed of.
 * @throws on another backend
 */
export function hostArray(tensor: Tensor): Float32Array {
  return needed('hostArray').floats(tensor);
}

/**
 * A new tensor of float32 on the simd backend, and the array to write its numbers to; what stands there is left over.
 * @throws on another backend
 */
export function hostTensor(shape: readonly number[]): {
  readonly tensor: Tensor;
  readonly data: Float32Array;
} {
  const { info, data } = needed('hostTensor').output([...shape]);
  return { tensor: tf.engine().makeTensorFromTensorInfo(info), data };
}

function active(): SimdBackend | undefined {
  const backend = tf.getBackend() === 'simd' ? tf.backend() : undefined;
  return backend instanceof SimdBackend ? backend : undefined;
}

function needed(caller: string): SimdBackend {
  const backend = active();
  if (backend) return backend;
  throw new Error(
    `${caller}: needs the simd backend, got ${tf.getBackend()}. Ask simdKernels first.`,
  );
}
