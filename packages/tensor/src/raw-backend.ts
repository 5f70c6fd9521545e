import * as tf from '@tensorflow/tfjs';
import type { Tensor } from './types.js';

/** A tensor of the library beneath. */
export interface Handle {
  readonly id: number;
  readonly shape: number[];
  readonly dtype: number;
}

export interface Attribute {
  readonly name: string;
  readonly type: number;
  readonly value: number | boolean;
}

/** What the native backends offer beneath TensorFlow.js. */
export interface RawBackend {
  readonly binding: {
    executeOp(name: string, attributes: Attribute[], ids: number[], outputs: number): Handle[];
    deleteTensor(id: number): void;
    readonly TF_ATTR_TYPE: number;
    readonly TF_ATTR_BOOL: number;
    readonly TF_FLOAT: number;
  };
  getInputTensorIds(tensors: Tensor[]): number[];
  createOutputTensor(handle: Handle): Tensor;
}

/** TensorFlow's C library, where the backend in use stands on it: it has operations that TensorFlow.js has no name for. */
export function rawBackend(): RawBackend | undefined {
  const backend = tf.backend() as unknown as Partial<RawBackend>;
  return backend.binding === undefined ? undefined : (backend as RawBackend);
}
