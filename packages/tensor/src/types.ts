/**
 * Glossary
 * - Backend: what computes. `gpu` and `native` are TensorFlow's C library, `simd` is kernels compiled on this machine, `wasm` the default that needs nothing, `cpu` plain JavaScript.
 * - Tape: what TensorFlow.js records so that a gradient can be taken; closed when the function under it returns.
 */
import type { Tensor } from '@tensorflow/tfjs';

export type { Tensor };

/** The rungs of the backend ladder, fastest first. */
export type BackendName = 'gpu' | 'simd' | 'native' | 'wasm' | 'cpu';

/** The backend in use, and why the ones before it on the ladder were passed over. */
export interface BackendInfo {
  readonly name: BackendName;
  /** One sentence for a person. */
  readonly description: string;
  readonly passedOver: readonly { readonly name: BackendName; readonly reason: string }[];
}

/** Named tensors, such as the weights of a model. */
export type NamedTensors = Readonly<Record<string, Tensor>>;

/** A loss on plain numbers: values in; the loss and its gradient out, in the same order. */
export type HostLoss = (values: Float64Array) => {
  readonly loss: number;
  readonly gradient: Float64Array;
};

/** The cross-entropy of distributions with the tokens that came, and its gradient. */
export interface CrossEntropy {
  /** [N] lse(z) − z[id] */
  readonly loss: Tensor;
  /** [N, V] softmax(z) − onehot(id) */
  readonly gradient: Tensor;
}
