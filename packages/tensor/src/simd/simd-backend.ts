import type * as tf from '@tensorflow/tfjs';
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import { BufferPool } from './buffer-pool.js';
import type { Kernels } from './kernels.js';
import { newArray } from './new-array.js';

/** What a tensor's data may be; strings are arrays of bytes. */
type Values = tf.backend_util.BackendValues;

/**
 * Tensors as arrays of JavaScript, of which the kernels in C++ compute. What they have no kernel for the backend in
 * plain JavaScript beneath does. Memory of a result comes from a pool and goes back with the last tensor that has it.
 */
export class SimdBackend extends MathBackendCPU {
  readonly pool: BufferPool;

  constructor(readonly kernels: Kernels) {
    super();
    this.pool = new BufferPool((length) => newArray(kernels, length));
  }

  /** Data of its own, since whoever made `values` may change them. */
  override write(values: Values, _shape: number[], dtype: tf.DataType): object {
    return this.#store(this.#copied(values), dtype);
  }

  /** The data of a kernel's result, as they are; but the kernels beneath hand on parts of their inputs. */
  override makeTensorInfo(
    shape: number[],
    dtype: tf.DataType,
    values?: Values | string[],
  ): tf.TensorInfo {
    if (values === undefined || Array.isArray(values) || this.pool.owns(values)) {
      return super.makeTensorInfo(shape, dtype, values);
    }
    return { dataId: this.#store(values, dtype), shape, dtype };
  }

  /** A result of float32 whose numbers are still to be written. */
  output(shape: number[]): { info: tf.TensorInfo; data: Float32Array } {
    const data = this.pool.take(shape.reduce((product, size) => product * size, 1));
    return { info: { dataId: this.#store(data, 'float32'), shape, dtype: 'float32' }, data };
  }

  /** The numbers of a tensor of float32. */
  floats({ dataId }: tf.TensorInfo): Float32Array {
    const { values } = this.data.get(dataId);
    // A cast of the backend beneath changes the type and leaves the data.
    return values instanceof Float32Array ? values : Float32Array.from(values as Int32Array);
  }

  /** A copy where the memory will be used again. */
  override readSync(dataId: object): Values {
    const values = super.readSync(dataId);
    return values instanceof Float32Array && this.pool.owns(values) ? values.slice() : values;
  }

  override disposeData(dataId: object, force?: boolean): boolean {
    const values = this.data.has(dataId) ? this.data.get(dataId).values : undefined;
    const isGone = super.disposeData(dataId, force);
    if (isGone && values instanceof Float32Array) this.pool.give(values);
    return isGone;
  }

  #store(values: Values, dtype: tf.DataType): object {
    const dataId = {};
    this.data.set(dataId, { values, dtype, refCount: 1 });
    return dataId;
  }

  #copied(values: Values): Values {
    if (!(values instanceof Float32Array)) return values?.slice();
    const copy = this.pool.take(values.length);
    copy.set(values);
    return copy;
  }
}

/** What a kernel of TensorFlow.js is called with. */
export interface KernelArgs {
  readonly inputs: tf.NamedTensorInfoMap;
  readonly attrs: tf.NamedAttrMap;
  readonly backend: SimdBackend;
}

/** What it returns. */
export type KernelResult = tf.TensorInfo | tf.TensorInfo[];

/** A kernel of its own for some inputs; the others, such as integers, go to the one in JavaScript beneath. */
export type KernelOverride = (
  args: KernelArgs,
  beneath: (args: KernelArgs) => KernelResult,
) => KernelResult;
