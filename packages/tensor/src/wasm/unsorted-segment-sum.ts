import type * as tf from '@tensorflow/tfjs';
import { heapView, type WasmBackend } from './heap.js';

interface SegmentSumArgs {
  readonly inputs: { readonly x: tf.TensorInfo; readonly segmentIds: tf.TensorInfo };
  readonly attrs: { readonly numSegments: number };
  readonly backend: WasmBackend;
}

/** out[segmentIds[i]] += x[i], rows of x in order; the gradient of `gather`. Missing in the wasm backend. */
export const unsortedSegmentSum: tf.KernelConfig = {
  kernelName: 'UnsortedSegmentSum',
  backendName: 'wasm',
  kernelFunc: (args) => {
    const { inputs, attrs, backend } = args as unknown as SegmentSumArgs;
    const rowShape = inputs.x.shape.slice(1);
    const width = rowShape.reduce((product, size) => product * size, 1);
    const out = backend.makeOutput([attrs.numSegments, ...rowShape], inputs.x.dtype);
    const x = heapView(backend, inputs.x);
    const segments = heapView(backend, inputs.segmentIds);
    const sums = heapView(backend, out).fill(0);
    for (let row = 0; row < segments.length; row++) {
      const target = segments[row] * width;
      for (let column = 0; column < width; column++) {
        sums[target + column] += x[row * width + column];
      }
    }
    return out;
  },
};
