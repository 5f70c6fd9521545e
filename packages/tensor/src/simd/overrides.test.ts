import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { initBackend } from '../backend.js';
import { arrangements } from './arrangements.js';
import { elementwise } from './elementwise.js';
import { areKernelsCompiled } from './kernels.js';
import { reductions } from './reductions.js';

type Type = 'float32' | 'int32' | 'bool';
type Case = readonly [name: string, compute: () => tf.Tensor | tf.Tensor[]];

const EXTREMES = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0, 200, -200];

/** Irregular numbers of both signs; whole ones where the type is not float32. */
function make(shape: number[], { type = 'float32' as Type, seed = 0, extreme = false } = {}) {
  const values = Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) => {
    const x = 3 * Math.sin(1 + 2.7 * i + seed);
    if (type === 'bool') return x > 0 ? 1 : 0;
    if (type === 'int32') return Math.round(3 * x);
    return extreme && i % 3 === 1 ? (EXTREMES[i % EXTREMES.length] ?? 0) : x;
  });
  return tf.tensor(values, shape, type);
}

const ids = (values: number[], shape = [values.length]) =>
  tf.tensor<tf.Rank>(values, shape, 'int32') as tf.Tensor1D;

// Below, at and above a vector; more than a task takes.
const SHAPES = [[], [1], [7], [8], [3, 17], [0], [2, 0, 3], [2, 3, 4, 5], [2, 17_001]];
const UNARY = {
  Abs: tf.abs,
  Exp: tf.exp,
  Log: tf.log,
  Neg: tf.neg,
  Reciprocal: tf.reciprocal,
  Relu: tf.relu,
  Rsqrt: tf.rsqrt,
  Sigmoid: tf.sigmoid,
  Sqrt: tf.sqrt,
  Square: tf.square,
  Tanh: tf.tanh,
  Step: (x: tf.Tensor) => tf.step(x, 0.3),
  ClipByValue: (x: tf.Tensor) => tf.clipByValue(x, -1, 2),
  OnesLike: tf.onesLike,
  ZerosLike: tf.zerosLike,
  Cast: (x: tf.Tensor) => tf.cast(x, 'float32'),
};
/** Those that take int32. */
const WHOLE = new Set([
  'Abs',
  'Neg',
  'Relu',
  'Square',
  'Step',
  'ClipByValue',
  'OnesLike',
  'ZerosLike',
]);
const BINARY = {
  Add: tf.add,
  Sub: tf.sub,
  Multiply: tf.mul,
  RealDiv: tf.div,
  Maximum: tf.maximum,
  Minimum: tf.minimum,
  SquaredDifference: tf.squaredDifference,
};
const PAIRS: readonly [number[], number[]][] = [
  [[3, 17], []],
  [[], [3, 17]],
  [[3, 17], [17]],
  [
    [3, 17],
    [3, 1],
  ],
  [
    [3, 1],
    [1, 17],
  ],
  [
    [2, 3, 4],
    [3, 1],
  ],
  [
    [2, 1, 4],
    [1, 3, 1],
  ],
  [[5, 1, 70], [70]],
  [
    [300, 200],
    [300, 1],
  ],
  [
    [2, 0],
    [2, 1],
  ],
];
const REDUCTIONS = { Sum: tf.sum, Mean: tf.mean, Max: tf.max, Min: tf.min };
const REDUCED: readonly [number[], number | number[] | undefined][] = [
  [[], undefined],
  [[5], 0],
  [[3, 17], 1],
  [[3, 17], 0],
  [[700, 3], 0],
  [[9000, 2], 0],
  [[2, 300, 70], 1],
  [
    [2, 3, 4],
    [0, 2],
  ],
  [
    [2, 3, 4],
    [-1, 1],
  ],
  [[2, 3, 4], undefined],
  [[100_003], 0],
  [[2, 40_000], 1],
  [[0, 3], 1],
];

const cases: Record<string, readonly Case[]> = {
  ...Object.fromEntries(
    Object.entries(UNARY).map(([name, op]) => [
      name,
      [
        ...SHAPES.map((shape): Case => [`[${shape}]`, () => op(make(shape))]),
        ['extremes', () => op(make([23], { extreme: true }))],
        ...(WHOLE.has(name) ? [['int32', () => op(make([7], { type: 'int32' }))] as const] : []),
      ],
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(BINARY).map(([name, op]) => [
      name,
      [
        ...[...PAIRS, ...SHAPES.map((shape) => [shape, shape] as const)].map(
          ([a, b]): Case => [
            `[${a}] and [${b}]`,
            () => op(make([...a]), make([...b], { seed: 1 })),
          ],
        ),
        ['extremes', () => op(make([23], { extreme: true }), make([23, 1], { seed: 3 }))],
        ['int32', () => op(make([7], { type: 'int32' }), tf.add(make([7], { type: 'bool' }), 1))],
        ['int32 and float32', () => op(make([7], { type: 'int32' }), make([7]))],
      ],
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(REDUCTIONS).map(([name, op]) => [
      name,
      [
        ...REDUCED.flatMap(([shape, axis]): Case[] => [
          [`[${shape}] over ${axis}`, () => op(make(shape), axis)],
          [`[${shape}] over ${axis}, kept`, () => op(make(shape), axis, true)],
        ]),
        ['extremes', () => op(make([4, 23], { extreme: true }), 0)],
        ['extremes of rows', () => op(make([4, 23], { extreme: true }), 1)],
        ['int32', () => op(make([3, 4], { type: 'int32' }), 0)],
      ],
    ]),
  ),
  Softmax: [
    ...[[5], [3, 17], [2, 3, 70], [3, 20_001]].map(
      (shape): Case => [`[${shape}]`, () => tf.softmax(make(shape))],
    ),
    ['extremes', () => tf.softmax(make([4, 6], { extreme: true }))],
    ['a row that hides everything', () => tf.softmax(tf.fill([2, 9], -1e9))],
  ],
  AddN: [
    ['one', () => tf.addN([make([3, 7])])],
    ['three', () => tf.addN([0, 1, 2].map((seed) => make([3, 7], { seed })))],
    ['int32', () => tf.addN([0, 1].map((seed) => make([7], { seed, type: 'int32' })))],
  ],
  Cast: [
    ['bool', () => tf.cast(make([9], { type: 'bool' }), 'float32')],
    ['to int32', () => tf.cast(make([9]), 'int32')],
    ['of one-hot', () => tf.cast(tf.oneHot(ids([2, 0, 1]), 4), 'float32')],
    ['int32 and back', () => tf.cast(tf.cast(make([9]), 'int32'), 'float32')],
  ],
  Fill: [
    ['float32', () => tf.fill([3, 30], 0.5)],
    ['int32', () => tf.fill([3], 2, 'int32')],
    ['nothing', () => tf.fill([0, 2], 2)],
  ],
  BatchMatMul: (
    [
      [[3, 5], [5, 4], false, false],
      [[5, 3], [4, 5], true, true],
      [[2, 3, 5], [2, 5, 4], false, false],
      [[2, 3, 5], [5, 4], false, false],
      [[2, 5, 3], [5, 4], true, false],
      [[3, 5], [2, 5, 4], false, false],
      [[2, 1, 3, 5], [1, 2, 5, 4], false, false],
      [[2, 0, 5], [2, 5, 4], false, false],
      [[2, 3, 0], [2, 0, 4], false, false],
    ] as const
  ).map(
    ([a, b, ...flags]): Case => [
      `[${a}] [${b}] ${flags}`,
      () => tf.matMul(make([...a]), make([...b], { seed: 1 }), ...flags),
    ],
  ),
  _FusedMatMul: (['linear', 'relu', 'elu', 'sigmoid', 'leakyrelu'] as const).map(
    (activation): Case => [
      activation,
      () =>
        tf.fused.matMul({
          a: make([3, 5]),
          b: make([5, 4], { seed: 1 }),
          bias: make([4], { seed: 2 }),
          activation,
          leakyreluAlpha: 0.3,
        }),
    ],
  ),
  Transpose: [
    ...(
      [
        [
          [3, 17],
          [1, 0],
        ],
        [
          [40, 70],
          [1, 0],
        ],
        [
          [2, 9, 3, 8],
          [0, 2, 1, 3],
        ],
        [
          [2, 9, 3, 8],
          [3, 1, 0, 2],
        ],
        [
          [5, 1, 9],
          [2, 1, 0],
        ],
        [
          [2, 33, 19],
          [0, 2, 1],
        ],
        [
          [2, 0, 3],
          [2, 0, 1],
        ],
        [
          [300, 200],
          [1, 0],
        ],
      ] as const
    ).map(
      ([shape, order]): Case => [
        `[${shape}] as ${order}`,
        () => tf.transpose(make([...shape]), [...order]),
      ],
    ),
    ['int32', () => tf.transpose(make([3, 4], { type: 'int32' }))],
  ],
  Slice: [
    ['rows', () => tf.slice(make([9, 30]), [2, 0], [3, -1])],
    ['columns', () => tf.slice(make([9, 30]), [0, 3], [-1, 11])],
    ['inside', () => tf.slice(make([3, 5, 7]), [1, 2, 3], [1, 2, 3])],
    ['all', () => tf.slice(make([3, 5]), [0, 0], [-1, -1])],
    ['nothing', () => tf.slice(make([3, 5]), [1, 0], [0, 5])],
    ['int32', () => tf.slice(make([3, 5], { type: 'int32' }), [1, 1], [2, 2])],
  ],
  SplitV: [
    ['halves of rows', () => tf.split(make([3, 18]), 2, -1)],
    ['uneven', () => tf.split(make([7, 5]), [2, 1, 4], 0)],
    ['int32', () => tf.split(make([6], { type: 'int32' }), 2)],
  ],
  Unpack: [0, 1, -1].map(
    (axis): Case => [`along ${axis}`, () => tf.unstack(make([3, 4, 5]), axis)],
  ),
  Pack: [
    ...[0, 1, -1].map(
      (axis): Case => [
        `along ${axis}`,
        () => tf.stack([make([3, 4]), make([3, 4], { seed: 1 })], axis),
      ],
    ),
    ['one', () => tf.stack([make([3])])],
    ['int32', () => tf.stack([make([3], { type: 'int32' }), ids([1, 2, 3])])],
  ],
  Concat: [
    ['rows', () => tf.concat([make([2, 5]), make([3, 5], { seed: 1 })], 0)],
    ['columns', () => tf.concat([make([3, 9]), make([3, 1]), make([3, 20], { seed: 1 })], 1)],
    ['nothing among them', () => tf.concat([make([2, 5]), make([0, 5]), make([1, 5])], 0)],
    ['int32', () => tf.concat([ids([1]), ids([2, 3])])],
  ],
  Tile: [
    ['rows', () => tf.tile(make([3, 17]), [4, 1])],
    ['both', () => tf.tile(make([3, 5]), [2, 3])],
    ['a column', () => tf.tile(make([3, 1]), [1, 40])],
    ['broadcast', () => tf.broadcastTo(make([3, 1, 5]), [2, 3, 4, 5])],
    ['int32', () => tf.tile(ids([1, 2]), [3])],
  ],
  PadV2: [
    ['around', () => tf.pad(make([3, 17]), [[1, 2], [0, 4]], 0.5)], // biome-ignore format: a pair for each dimension
    ['nothing', () => tf.pad(make([0, 2]), [[1, 1], [0, 0]])], // biome-ignore format: a pair for each dimension
    ['int32', () => tf.pad(ids([1, 2]), [[1, 1]])],
  ],
  GatherV2: [
    ['rows', () => tf.gather(make([5, 9]), ids([4, 0, 4]))],
    ['rows by a matrix of ids', () => tf.gather(make([5, 3]), ids([4, 0, 4, 1], [2, 2]))],
    ['columns', () => tf.gather(make([3, 5]), ids([4, 0]), 1)],
    ['numbers', () => tf.gather(make([5]), ids([4, 0]))],
    ['int32', () => tf.gather(ids([5, 6]), ids([1, 1, 0]))],
  ],
  UnsortedSegmentSum: [
    ['rows', () => tf.unsortedSegmentSum(make([4, 9]), ids([2, 0, 2, 1]), 5)],
    ['an id that is left out', () => tf.unsortedSegmentSum(make([3, 2]), ids([1, -1, 0]), 2)],
    ['numbers', () => tf.unsortedSegmentSum(make([4]), ids([1, 1, 1, 0]), 2)],
  ],
};

test('every kernel that is written anew has its cases', () => {
  const names = [elementwise, reductions, arrangements].flatMap(Object.keys);
  expect(Object.keys(cases).sort()).toEqual([...names, 'BatchMatMul', '_FusedMatMul'].sort());
});

describe.skipIf(!areKernelsCompiled())('kernels of the simd backend', () => {
  const expected = new Map<
    string,
    { shape: number[]; dtype: string; values: ArrayLike<number> }[]
  >();
  const results = (compute: Case[1]) =>
    tf.tidy(() =>
      [compute()].flat().map((x) => ({ shape: x.shape, dtype: x.dtype, values: x.dataSync() })),
    );

  beforeAll(async () => {
    await initBackend('cpu');
    for (const [name, list] of Object.entries(cases)) {
      for (const [what, compute] of list) expected.set(`${name} ${what}`, results(compute));
    }
    await initBackend('simd');
  });

  test.each(Object.entries(cases))('%s gives what plain JavaScript gives', (name, list) => {
    for (const [what, compute] of list) {
      const before = tf.memory().numTensors;
      const actual = results(compute);
      expect(tf.memory().numTensors).toBe(before);
      const wanted = expected.get(`${name} ${what}`) ?? [];
      expect(actual.length).toBe(wanted.length);
      for (const [k, { shape, dtype, values }] of actual.entries()) {
        const other = wanted[k];
        expect([what, shape, dtype]).toEqual([what, other?.shape, other?.dtype]);
        const wrong = Array.from(values).findIndex((x, i) =>
          isOff(x, other?.values[i] ?? Number.NaN),
        );
        expect(`${what}, number ${wrong}: ${values[wrong]}`).toBe(
          `${what}, number -1: ${undefined}`,
        );
      }
    }
  });
});

/** NaN is NaN, an infinity the same infinity; what float32 hardly holds may be 0. */
function isOff(x: number, wanted: number): boolean {
  if (Number.isNaN(wanted)) return !Number.isNaN(x);
  if (!Number.isFinite(wanted)) return x !== wanted;
  return !(Math.abs(x - wanted) <= 4e-6 + 4e-6 * Math.abs(wanted));
}
