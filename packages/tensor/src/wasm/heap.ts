import type * as tf from '@tensorflow/tfjs';

/** The parts of TensorFlow.js's wasm backend that kernels of our own need. */
export interface WasmBackend {
  makeOutput(shape: number[], dtype: tf.DataType): tf.TensorInfo;
  typedArrayFromHeap(tensor: tf.TensorInfo): Float32Array | Int32Array;
}

/** A tensor's numbers in place; valid until the backend allocates again. */
export function heapView(backend: WasmBackend, tensor: tf.TensorInfo): Float32Array | Int32Array {
  return backend.typedArrayFromHeap(tensor);
}
