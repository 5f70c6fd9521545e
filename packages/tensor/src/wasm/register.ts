import * as tf from '@tensorflow/tfjs';
import { batchMatMul } from './batch-mat-mul.js';
import { unsortedSegmentSum } from './unsorted-segment-sum.js';

const REGISTERED = Symbol.for('grpo.wasm-kernels');

/** Gives the wasm backend the kernels that training needs and that it lacks or has in a slow form. Once per process. */
export function registerWasmKernels(): void {
  const engine = tf.engine() as unknown as Record<symbol, boolean>;
  if (engine[REGISTERED]) return;
  engine[REGISTERED] = true;
  const fast = tf.getKernel('BatchMatMul', 'wasm');
  tf.unregisterKernel('BatchMatMul', 'wasm');
  tf.registerKernel({ ...fast, kernelFunc: batchMatMul(fast.kernelFunc) });
  tf.registerKernel(unsortedSegmentSum);
}
