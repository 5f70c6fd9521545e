import * as tf from '@tensorflow/tfjs';
import type { ArrayKernels } from './array-kernels.js';
import type { KernelArgs, KernelOverride } from './simd-backend.js';
import { broadcastStrides, loopOver } from './strides.js';

type Info = tf.TensorInfo;
/** Names of the kernels that have the form of this one. */
type Like<Name extends keyof ArrayKernels> = {
  [K in keyof ArrayKernels]: ArrayKernels[K] extends ArrayKernels[Name]
    ? ArrayKernels[Name] extends ArrayKernels[K]
      ? K
      : never
    : never;
}[keyof ArrayKernels];

/** A result in the shape of x, where x is of float32. */
function mapped(
  write: (args: KernelArgs, out: Float32Array, x: Float32Array) => void,
): KernelOverride {
  return (args, beneath) => {
    const { x } = args.inputs as { x: Info };
    if (x.dtype !== 'float32') return beneath(args);
    const { info, data } = args.backend.output(x.shape);
    write(args, data, args.backend.floats(x));
    return info;
  };
}

const unary = (name: Like<'exp'>) =>
  mapped(({ backend }, out, x) => backend.kernels[name](out, x, out.length));

/** f(a, b), either repeated over the other's shape, where both are of float32. */
function binary(name: Like<'add'>): KernelOverride {
  return (args, beneath) => {
    const { a, b } = args.inputs as { a: Info; b: Info };
    if (a.dtype !== 'float32' || b.dtype !== 'float32') return beneath(args);
    const { backend } = args;
    const shape = tf.broadcast_util.assertAndGetBroadcastShape(a.shape, b.shape);
    const { info, data } = backend.output(shape);
    const strides = [a, b].map((x) => broadcastStrides(x.shape, shape)) as [number[], number[]];
    const { layout, rank } = loopOver(shape, ...strides);
    backend.kernels[name](data, backend.floats(a), backend.floats(b), layout, rank);
    return info;
  };
}

const addN: KernelOverride = (args, beneath) => {
  const [first, ...rest] = args.inputs as unknown as Info[];
  if ([first, ...rest].some((x) => x?.dtype !== 'float32') || first === undefined) {
    return beneath(args);
  }
  const { backend } = args;
  const { info, data } = backend.output(first.shape);
  data.set(backend.floats(first));
  const layout = Int32Array.of(data.length, 1, 1); // numbers, and the strides of both
  for (const x of rest) backend.kernels.add(data, data, backend.floats(x), layout, 1);
  return info;
};

const cast: KernelOverride = (args, beneath) => {
  const { x } = args.inputs as { x: Info };
  const isNumber = x.dtype === 'int32' || x.dtype === 'bool';
  if (args.attrs.dtype !== 'float32' || !isNumber) return beneath(args);
  const { info, data } = args.backend.output(x.shape);
  data.set(args.backend.data.get(x.dataId).values as Int32Array | Uint8Array);
  return info;
};

const fill: KernelOverride = (args, beneath) => {
  const { shape, value, dtype } = args.attrs as unknown as {
    shape: number[];
    value: number | string;
    dtype?: tf.DataType;
  };
  if (typeof value !== 'number' || (dtype ?? 'float32') !== 'float32') return beneath(args);
  const { info, data } = args.backend.output(shape);
  data.fill(value);
  return info;
};

/** Kernels that treat every number by itself. */
export const elementwise: Readonly<Record<string, KernelOverride>> = {
  Abs: unary('abs'),
  Exp: unary('exp'),
  Log: unary('log'),
  Neg: unary('neg'),
  Reciprocal: unary('reciprocal'),
  Relu: unary('relu'),
  Rsqrt: unary('rsqrt'),
  Sigmoid: unary('sigmoid'),
  Sqrt: unary('sqrt'),
  Square: unary('square'),
  Tanh: unary('tanh'),
  Step: mapped(({ backend, attrs }, out, x) =>
    backend.kernels.step(out, x, out.length, attrs.alpha as number),
  ),
  ClipByValue: mapped(({ backend, attrs }, out, x) => {
    const { clipValueMin, clipValueMax } = attrs as { clipValueMin: number; clipValueMax: number };
    backend.kernels.clip(out, x, out.length, clipValueMin, clipValueMax);
  }),
  Add: binary('add'),
  Sub: binary('sub'),
  Multiply: binary('mul'),
  RealDiv: binary('div'),
  Maximum: binary('maximum'),
  Minimum: binary('minimum'),
  SquaredDifference: binary('squaredDifference'),
  AddN: addN,
  Cast: cast,
  Fill: fill,
  OnesLike: mapped((_, out) => out.fill(1)),
  ZerosLike: mapped((_, out) => out.fill(0)),
};
