import * as tf from '@tensorflow/tfjs';
import { transposed } from './arrangements.js';
import type { KernelOverride } from './simd-backend.js';

type Info = tf.TensorInfo;

/** A reduction over any dimensions; those that do not lie together are brought together first. */
function reduction(name: 'sum' | 'max' | 'min', isMean = false): KernelOverride {
  return (args, beneath) => {
    const { backend } = args;
    const {
      axis,
      reductionIndices = axis,
      keepDims,
    } = args.attrs as {
      axis: number | number[];
      reductionIndices?: number | number[];
      keepDims: boolean;
    };
    let x = (args.inputs as { x: Info }).x;
    if (x.dtype !== 'float32') return beneath(args);
    const axes = tf.util.parseAxisParam(reductionIndices, x.shape).sort((a, b) => a - b);
    const [outShape, reducedShape] = tf.backend_util.computeOutAndReduceShapes(x.shape, axes);
    const shape = keepDims ? tf.backend_util.expandShapeToKeepDim(outShape, axes) : outShape;
    const size = tf.util.sizeFromShape(reducedShape);
    const [first = 0] = axes;
    const areTogether = axes.every((a, i) => a === first + i);
    const permutation = areTogether
      ? undefined
      : tf.backend_util.getAxesPermutation(axes, x.shape.length);
    if (permutation) x = transposed(backend, x, permutation);
    const inner = permutation
      ? 1
      : tf.util.sizeFromShape(
          x.shape.slice(axes.length === 0 ? x.shape.length : first + axes.length),
        );
    const { info, data } = backend.output(shape);
    const outer = inner === 0 ? 0 : data.length / inner;
    backend.kernels[name](data, backend.floats(x), outer, size, inner, isMean ? 1 / size : 1);
    if (permutation) backend.disposeIntermediateTensorInfo(x);
    return info;
  };
}

const softmax: KernelOverride = (args, beneath) => {
  const { backend } = args;
  const { logits } = args.inputs as { logits: Info };
  const { dim } = args.attrs as { dim: number };
  const last = logits.shape.length - 1;
  if (logits.dtype !== 'float32' || (dim !== -1 && dim !== last)) return beneath(args);
  const { info, data } = backend.output(logits.shape);
  const width = logits.shape[last] ?? 1;
  backend.kernels.softmax(
    data,
    backend.floats(logits),
    width === 0 ? 0 : data.length / width,
    width,
  );
  return info;
};

/** Kernels that make one number of many. */
export const reductions: Readonly<Record<string, KernelOverride>> = {
  Sum: reduction('sum'),
  Mean: reduction('sum', true),
  Max: reduction('max'),
  Min: reduction('min'),
  Softmax: softmax,
};
