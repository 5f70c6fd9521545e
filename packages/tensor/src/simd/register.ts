import * as tf from '@tensorflow/tfjs';
import { arrangements } from './arrangements.js';
import { elementwise } from './elementwise.js';
import { loadKernels } from './kernels.js';
import { batchMatMul, fusedMatMul } from './mat-mul.js';
import { reductions } from './reductions.js';
import {
  type KernelArgs,
  type KernelOverride,
  type KernelResult,
  SimdBackend,
} from './simd-backend.js';

const OVERRIDES: Readonly<Record<string, KernelOverride>> = {
  ...elementwise,
  ...reductions,
  ...arrangements,
  BatchMatMul: batchMatMul,
  _FusedMatMul: fusedMatMul,
};

/**
 * Makes the backend known to TensorFlow.js, once per process.
 * @throws if its kernels were not compiled, or on another machine
 */
export function registerSimdBackend(): void {
  if (tf.findBackendFactory('simd') !== null) return;
  const kernels = loadKernels();
  for (const config of tf.getKernelsForBackend('cpu')) {
    const beneath = config.kernelFunc as unknown as (args: KernelArgs) => KernelResult;
    const own = OVERRIDES[config.kernelName];
    const kernelFunc = own ? (args: KernelArgs) => own(args, beneath) : beneath;
    tf.registerKernel({
      ...config,
      backendName: 'simd',
      kernelFunc: kernelFunc as unknown as tf.KernelFunc,
    });
  }
  tf.registerBackend('simd', () => new SimdBackend(kernels), 0); // taken where it is asked for
}
