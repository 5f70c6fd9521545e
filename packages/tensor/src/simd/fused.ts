import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '../types.js';
import { hostArray } from './host-arrays.js';

/** What a fused operation gives. */
export interface Fused {
  readonly value: Tensor;
  /** What the gradient needs and the caller owns: inputs, constants. */
  readonly saved: readonly Tensor[];
  /** What the gradient needs beside and nobody else does: freed with the tape. */
  readonly made?: readonly Tensor[];
  /** The gradient of every input, in their order, from that of the value and the numbers of `saved` and `made`. */
  readonly gradient: (dy: Float32Array, saved: readonly Float32Array[]) => Tensor[];
}

/** A differentiable operation of kernels of the simd backend: value and gradient without a tensor in between. */
export function fusedOp(
  inputs: readonly Tensor[],
  compute: (inputs: readonly Tensor[]) => Fused,
): Tensor {
  return tf.customGrad((...args) => {
    const given = args.slice(0, -1) as Tensor[];
    const save = args.at(-1) as unknown as tf.GradSaveFunc;
    const { value, saved, made = [], gradient } = compute(given);
    save([...saved, ...made]);
    tf.dispose([...made]);
    const gradFunc = (dy: Tensor, kept: Tensor[]) => gradient(hostArray(dy), kept.map(hostArray));
    return { value, gradFunc };
  })(...inputs);
}
