import * as tf from '@tensorflow/tfjs';
import type { KernelOverride, SimdBackend } from './simd-backend.js';

interface Inputs {
  readonly a: tf.TensorInfo;
  readonly b: tf.TensorInfo;
  readonly bias?: tf.TensorInfo;
  readonly preluActivationWeights?: tf.TensorInfo;
}

interface Attributes {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  readonly activation?: keyof typeof ACTIVATIONS | 'linear';
  readonly leakyreluAlpha?: number;
}

const ACTIVATIONS = {
  relu: 'Relu',
  relu6: 'Relu6',
  elu: 'Elu',
  sigmoid: 'Sigmoid',
  prelu: 'Prelu',
  leakyrelu: 'LeakyRelu',
};

/** op(A) · op(B) over any leading dimensions; what broadcasts other than one matrix is left to the kernel beneath. */
export const batchMatMul: KernelOverride = (args, beneath) => {
  const { a, b } = args.inputs as unknown as Inputs;
  const { transposeA = false, transposeB = false } = args.attrs as Attributes;
  const { backend } = args;
  const batchA = a.shape.slice(0, -2);
  const batchB = b.shape.slice(0, -2);
  const [countA, countB] = [tf.util.sizeFromShape(batchA), tf.util.sizeFromShape(batchB)];
  const isAlike = batchA.join() === batchB.join();
  if (a.dtype !== 'float32' || b.dtype !== 'float32') return beneath(args);
  if (!isAlike && countA !== 1 && countB !== 1) return beneath(args);

  const [rowsA = 0, columnsA = 0] = a.shape.slice(-2);
  const [rowsB = 0, columnsB = 0] = b.shape.slice(-2);
  const [m, k] = transposeA ? [columnsA, rowsA] : [rowsA, columnsA];
  const n = transposeB ? rowsB : columnsB;
  const batchShape = tf.broadcast_util.assertAndGetBroadcastShape(batchA, batchB);
  const { info, data } = backend.output([...batchShape, m, n]);
  const count = tf.util.sizeFromShape(batchShape);
  // Matrices whose rows follow one another times one matrix are one tall product.
  const [tall, batch] =
    countB === 1 && !transposeA && countA === count ? [count * m, 1] : [m, count];
  backend.kernels.matmul(
    data,
    backend.floats(a),
    backend.floats(b),
    tall,
    n,
    k,
    transposeA,
    transposeB,
    batch,
    countA === 1 ? 0 : m * k,
    countB === 1 ? 0 : k * n,
    false,
  );
  return info;
};

/** activation(op(A) · op(B) + bias), step by step. */
export const fusedMatMul: KernelOverride = ({ inputs, attrs, backend }) => {
  const { a, b, bias, preluActivationWeights: alpha } = inputs as unknown as Inputs;
  const { activation = 'linear', leakyreluAlpha } = attrs as Attributes;
  let result = run(backend, 'BatchMatMul', { a, b }, attrs);
  const follow = (name: string, more: tf.NamedTensorInfoMap, attributes = {}) => {
    const next = run(backend, name, more, attributes);
    backend.disposeIntermediateTensorInfo(result);
    result = next;
  };
  if (bias !== undefined) follow('Add', { a: result, b: bias });
  if (activation !== 'linear') {
    const name = ACTIVATIONS[activation];
    if (activation === 'prelu' && alpha !== undefined) follow(name, { x: result, alpha });
    else follow(name, { x: result }, { alpha: leakyreluAlpha });
  }
  return result;
};

function run(
  backend: SimdBackend,
  name: string,
  inputs: tf.NamedTensorInfoMap,
  attrs: tf.NamedAttrMap,
): tf.TensorInfo {
  return tf.getKernel(name, 'simd').kernelFunc({ inputs, attrs, backend }) as tf.TensorInfo;
}
