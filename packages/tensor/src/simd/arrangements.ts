import * as tf from '@tensorflow/tfjs';
import type { KernelOverride, SimdBackend } from './simd-backend.js';
import { loopOver, stridesOf } from './strides.js';

type Info = tf.TensorInfo;

/** An array, where in it a loop begins, and its strides. */
interface View {
  readonly data: Float32Array;
  readonly strides: readonly number[];
  readonly start?: number;
}

function copy(backend: SimdBackend, sizes: readonly number[], to: View, from: View): void {
  const { layout, rank } = loopOver(sizes, to.strides, from.strides);
  backend.kernels.copy(to.data, from.data, layout, rank, to.start ?? 0, from.start ?? 0);
}

/** Another tensor of the same data. */
function sharing(backend: SimdBackend, x: Info, shape = x.shape): Info {
  backend.incRef(x.dataId);
  return { dataId: x.dataId, shape, dtype: x.dtype };
}

/** Numbers before the place `begin`. */
const startOf = (begin: readonly number[], strides: readonly number[]) =>
  begin.reduce((sum, index, d) => sum + index * (strides[d] ?? 0), 0);

/** x with its dimensions in another order. */
export function transposed(backend: SimdBackend, x: Info, permutation: readonly number[]): Info {
  const shape = permutation.map((d) => x.shape[d] ?? 1);
  const own = stridesOf(x.shape);
  const strides = permutation.map((d) => own[d] ?? 0);
  const { info, data } = backend.output(shape);
  const from = { data: backend.floats(x), strides };
  copy(backend, shape, { data, strides: stridesOf(shape) }, from);
  return info;
}

const transpose: KernelOverride = (args, beneath) => {
  const { x } = args.inputs as { x: Info };
  if (x.dtype !== 'float32') return beneath(args);
  return transposed(args.backend, x, args.attrs.perm as number[]);
};

/** The part of x of `size` from `begin` on, in a shape of as many numbers. */
function part(
  backend: SimdBackend,
  x: Info,
  begin: readonly number[],
  size: number[],
  shape = size,
): Info {
  if (size.every((n, d) => n === x.shape[d])) return sharing(backend, x, shape);
  const { info, data } = backend.output(shape);
  const strides = stridesOf(x.shape);
  const from = { data: backend.floats(x), strides, start: startOf(begin, strides) };
  if (data.length > 0) copy(backend, size, { data, strides: stridesOf(size) }, from);
  return info;
}

const slice: KernelOverride = (args, beneath) => {
  const { x } = args.inputs as { x: Info };
  if (x.dtype !== 'float32') return beneath(args);
  const { begin, size } = args.attrs as { begin: number[]; size: number[] };
  const [from = [], sizes = []] = tf.slice_util.parseSliceParams(x as tf.Tensor, begin, size);
  tf.slice_util.assertParamsValid(x as tf.Tensor, from, sizes);
  return part(args.backend, x, from, sizes);
};

/** Parts of x of these sizes along a dimension, without it where `drops`. */
function parts(
  backend: SimdBackend,
  x: Info,
  axis: number,
  sizes: readonly number[],
  drops: boolean,
) {
  let start = 0;
  return sizes.map((size) => {
    const begin = x.shape.map((_, d) => (d === axis ? start : 0));
    start += size;
    const whole = x.shape.map((n, d) => (d === axis ? size : n));
    return part(backend, x, begin, whole, drops ? whole.filter((_, d) => d !== axis) : whole);
  });
}

const split: KernelOverride = (args, beneath) => {
  const { x } = args.inputs as { x: Info };
  if (x.dtype !== 'float32') return beneath(args);
  const { numOrSizeSplits, axis } = args.attrs as { numOrSizeSplits: number[]; axis: number };
  const [along = 0] = tf.util.parseAxisParam(axis, x.shape);
  const sizes = tf.backend_util.prepareSplitSize(x as tf.Tensor, numOrSizeSplits, along);
  return parts(args.backend, x, along, sizes, false);
};

const unpack: KernelOverride = (args, beneath) => {
  const { value } = args.inputs as { value: Info };
  if (value.dtype !== 'float32') return beneath(args);
  const [along = 0] = tf.util.parseAxisParam(args.attrs.axis as number, value.shape);
  const sizes = new Array<number>(value.shape[along] ?? 0).fill(1);
  return parts(args.backend, value, along, sizes, true);
};

/** Tensors of these shapes behind one another along a dimension. */
function joined(
  backend: SimdBackend,
  xs: readonly Info[],
  shapes: readonly number[][],
  axis: number,
  shape: number[],
): Info {
  const { info, data } = backend.output(shape);
  const strides = stridesOf(shape);
  let start = 0;
  for (const [i, x] of xs.entries()) {
    const sizes = shapes[i] ?? [];
    const floats = backend.floats(x);
    if (floats.length > 0) {
      copy(backend, sizes, { data, strides, start }, { data: floats, strides: stridesOf(sizes) });
    }
    start += (sizes[axis] ?? 0) * (strides[axis] ?? 0);
  }
  return info;
}

const concat: KernelOverride = (args, beneath) => {
  const xs = args.inputs as unknown as Info[];
  if (xs.some(({ dtype }) => dtype !== 'float32')) return beneath(args);
  const shapes = xs.map(({ shape }) => shape);
  const [along = 0] = tf.util.parseAxisParam(args.attrs.axis as number, shapes[0] ?? []);
  tf.backend_util.assertParamsConsistent(shapes, along);
  return joined(args.backend, xs, shapes, along, tf.backend_util.computeOutShape(shapes, along));
};

const pack: KernelOverride = (args, beneath) => {
  const xs = args.inputs as unknown as Info[];
  const { axis } = args.attrs as { axis: number };
  const [first] = xs;
  if (first === undefined || xs.some(({ dtype }) => dtype !== 'float32')) return beneath(args);
  for (const { shape } of xs) tf.util.assertShapesMatch(shape, first.shape, 'stack: ');
  const along = axis < 0 ? axis + first.shape.length + 1 : axis;
  const one = [...first.shape.slice(0, along), 1, ...first.shape.slice(along)];
  const shape = one.map((n, d) => (d === along ? xs.length : n));
  return joined(
    args.backend,
    xs,
    xs.map(() => one),
    along,
    shape,
  );
};

const tile: KernelOverride = (args, beneath) => {
  const { x } = args.inputs as { x: Info };
  if (x.dtype !== 'float32') return beneath(args);
  const { backend } = args;
  const { reps } = args.attrs as { reps: number[] };
  const shape = x.shape.map((size, d) => size * (reps[d] ?? 1));
  const { info, data } = backend.output(shape);
  // A dimension is one of repeats and one of numbers.
  const [to, from] = [stridesOf(shape), stridesOf(x.shape)];
  copy(
    backend,
    x.shape.flatMap((size, d) => [reps[d] ?? 1, size]),
    { data, strides: to.flatMap((stride, d) => [stride * (x.shape[d] ?? 1), stride]) },
    { data: backend.floats(x), strides: from.flatMap((stride) => [0, stride]) },
  );
  return info;
};

const pad: KernelOverride = (args, beneath) => {
  const { x } = args.inputs as { x: Info };
  if (x.dtype !== 'float32') return beneath(args);
  const { backend } = args;
  const { paddings, constantValue } = args.attrs as unknown as {
    paddings: readonly (readonly [number, number])[];
    constantValue: number;
  };
  const shape = x.shape.map((size, d) => size + (paddings[d]?.[0] ?? 0) + (paddings[d]?.[1] ?? 0));
  const { info, data } = backend.output(shape);
  data.fill(constantValue);
  const strides = stridesOf(shape);
  const start = startOf(
    paddings.map(([before]) => before),
    strides,
  );
  const floats = backend.floats(x);
  if (floats.length > 0) {
    copy(backend, x.shape, { data, strides, start }, { data: floats, strides: stridesOf(x.shape) });
  }
  return info;
};

/** Whole numbers of a tensor, where all are in [0, bound). */
function idsBelow(backend: SimdBackend, ids: Info, bound: number): Int32Array | undefined {
  const { values } = backend.data.get(ids.dataId);
  const isSound = values instanceof Int32Array && values.every((id) => id >= 0 && id < bound);
  return isSound ? values : undefined;
}

const gather: KernelOverride = (args, beneath) => {
  const { x, indices } = args.inputs as { x: Info; indices: Info };
  const { axis, batchDims = 0 } = args.attrs as { axis: number; batchDims?: number };
  const { backend } = args;
  const [rows = 0, ...rowShape] = x.shape;
  const ids = idsBelow(backend, indices, rows);
  if (x.dtype !== 'float32' || axis !== 0 || batchDims !== 0 || ids === undefined) {
    return beneath(args);
  }
  const { info, data } = backend.output([...indices.shape, ...rowShape]);
  const width = tf.util.sizeFromShape(rowShape);
  backend.kernels.gatherRows(data, backend.floats(x), ids, ids.length, rows, width);
  return info;
};

const segmentSum: KernelOverride = (args, beneath) => {
  const { x, segmentIds } = args.inputs as { x: Info; segmentIds: Info };
  const { numSegments } = args.attrs as { numSegments: number };
  const { backend } = args;
  const ids = idsBelow(backend, segmentIds, numSegments);
  if (x.dtype !== 'float32' || segmentIds.shape.length !== 1 || ids === undefined) {
    return beneath(args);
  }
  const rowShape = x.shape.slice(1);
  const { info, data } = backend.output([numSegments, ...rowShape]);
  data.fill(0);
  const width = tf.util.sizeFromShape(rowShape);
  backend.kernels.addRows(data, backend.floats(x), ids, ids.length, numSegments, width);
  return info;
};

/** Kernels that move numbers and change none. */
export const arrangements: Readonly<Record<string, KernelOverride>> = {
  Concat: concat,
  GatherV2: gather,
  Pack: pack,
  PadV2: pad,
  Slice: slice,
  SplitV: split,
  Tile: tile,
  Transpose: transpose,
  Unpack: unpack,
  UnsortedSegmentSum: segmentSum,
};
