import { beforeAll, describe, expect, test } from 'vitest';
import * as g from './index.js';
import * as ops from './ops.js';
import { type OpCase, opErrors } from './testing.js';

// Fixed, irregular numbers: no two alike, of both signs.
const numbers = (count: number, scale = 1, shift = 0) =>
  Array.from({ length: count }, (_, i) => scale * Math.sin(1 + 2.7 * i + shift));
const positive = (count: number) => numbers(count).map((x) => 0.5 + Math.abs(x));
const input = (shape: number[], values = numbers(shape.reduce((a, b) => a * b, 1))) => ({
  shape,
  values,
});
const unary = (
  name: string,
  op: OpCase['op'],
  f: (x: number) => number,
  values = numbers(6),
): OpCase => ({ name, op, inputs: [input([2, 3], values)], reference: (x) => x.map(f) });
const binary = (
  name: string,
  op: OpCase['op'],
  f: (a: number, b: number) => number,
  second = positive(6),
): OpCase => ({
  name,
  op,
  inputs: [input([2, 3]), input([2, 3], second)],
  reference: (a, b) => a.map((x, i) => f(x, b[i])),
});

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
/** By its Taylor series, Φ(x) = 1/2 + φ(0) Σ (−x²/2)ⁿ x / (n! (2n + 1)). */
const normalDistribution = (x: number) => {
  let term = x / Math.sqrt(2 * Math.PI);
  let sum = 0.5 + term;
  for (let n = 1; n < 60; n++) {
    term *= (-x * x) / 2 / n;
    sum += term / (2 * n + 1);
  }
  return sum;
};
const range = (n: number) => Array.from({ length: n }, (_, i) => i);
const rowsOf = (x: readonly number[], width: number) =>
  range(x.length / width).map((r) => x.slice(r * width, (r + 1) * width));
const logSumExp = (z: readonly number[]) => Math.log(z.reduce((s, v) => s + Math.exp(v), 0));
const softmaxRow = (z: readonly number[]) => z.map((v) => Math.exp(v - logSumExp(z)));

/** op(A) · op(B) of `batches` matrices, by the definition. */
function product(
  a: readonly number[],
  b: readonly number[],
  [batches, m, k, n]: readonly number[],
  transposeA = false,
  transposeB = false,
): number[] {
  return range(batches * m * n).map((at) => {
    const [p, i, j] = [Math.floor(at / (m * n)), Math.floor(at / n) % m, at % n];
    return range(k).reduce((sum, c) => {
      const left = a[p * m * k + (transposeA ? c * m + i : i * k + c)];
      const right = b[p * k * n + (transposeB ? j * k + c : c * n + j)];
      return sum + left * right;
    }, 0);
  });
}

function productCase(shape: readonly number[], transposeA: boolean, transposeB: boolean): OpCase {
  const [batches, m, k, n] = shape;
  return {
    name: `matMul [${shape}]${transposeA ? ' A transposed' : ''}${transposeB ? ' B transposed' : ''}`,
    op: (a, b) => g.matMul(a, b, transposeA, transposeB),
    inputs: [
      input([batches, ...(transposeA ? [k, m] : [m, k])]),
      input([batches, ...(transposeB ? [n, k] : [k, n])], numbers(batches * k * n, 1, 0.4)),
    ],
    reference: (a, b) => product(a, b, shape, transposeA, transposeB),
  };
}

const tables = g.rotaryTables(Int32Array.of(0, 3), g.rotaryFrequencies(4, 100), 1.1);
const rotaryReference = (x: readonly number[]) =>
  x.map((value, at) => {
    const i = at % 4;
    const partner = i < 2 ? -x[at + 2] : x[at - 2];
    return value * tables.cos[at % 8] + partner * tables.sin[at % 8];
  });

// One query head group of two over one key head, three positions, causal for the second query row.
const attentionBias = [0, -1e9, -1e9, 0, 0, -1e9, 0, 0, 0, 0, 0, 0];
const attentionReference =
  (score: (product: number) => number) =>
  (q: readonly number[], k: readonly number[], v: readonly number[]) => {
    const scores = product(q, k, [1, 4, 2, 3], false, true);
    const p = rowsOf(
      scores.map((s, i) => score(s) + attentionBias[i]),
      3,
    ).flatMap(softmaxRow);
    return product(p, v, [1, 4, 3, 2]);
  };
const attentionInputs = [
  input([1, 1, 4, 2]),
  input([1, 1, 3, 2], numbers(6, 1, 0.3)),
  input([1, 1, 3, 2], numbers(6, 1, 1.1)),
];

const picks = Int32Array.of(2, 0);
const chosen = [1, 0, 1, 0, 0, 1];
const cases: readonly OpCase[] = [
  binary(
    'add',
    (a, b) => g.add(a, b),
    (a, b) => a + b,
  ),
  binary(
    'sub',
    (a, b) => g.sub(a, b),
    (a, b) => a - b,
  ),
  binary(
    'mul',
    (a, b) => g.mul(a, b),
    (a, b) => a * b,
  ),
  binary(
    'div',
    (a, b) => g.div(a, b),
    (a, b) => a / b,
  ),
  binary(
    'minimum',
    (a, b) => g.minimum(a, b),
    (a, b) => Math.min(a, b),
    numbers(6, 1, 0.8),
  ),
  unary(
    'clipByValue',
    (x) => g.clipByValue(x, -0.5, 0.6),
    (x) => Math.min(Math.max(x, -0.5), 0.6),
  ),
  {
    name: 'where',
    op: (a, b) => g.where(g.cast(g.tensor(chosen, [2, 3]), 'bool'), a, b),
    inputs: [input([2, 3]), input([2, 3], positive(6))],
    reference: (a, b) => a.map((x, i) => (chosen[i] === 1 ? x : b[i])),
  },
  unary('neg', g.neg, (x) => -x),
  unary('exp', g.exp, Math.exp),
  unary('log', g.log, Math.log, positive(6)),
  unary('sqrt', g.sqrt, Math.sqrt, positive(6)),
  unary('rsqrt', g.rsqrt, (x) => 1 / Math.sqrt(x), positive(6)),
  unary('square', g.square, (x) => x * x),
  unary('sigmoid', g.sigmoid, sigmoid),
  unary('relu', g.relu, (x) => Math.max(0, x)),
  unary(
    'cast',
    (x) => g.cast(x, 'float32'),
    (x) => x,
  ),
  unary(
    'reshape',
    (x) => g.reshape(x, [3, 2]),
    (x) => x,
  ),
  {
    name: 'transpose',
    op: (x) => g.transpose(x),
    inputs: [input([2, 3])],
    reference: (x) => range(6).map((i) => x[(i % 2) * 3 + Math.floor(i / 2)]),
  },
  {
    name: 'softmax',
    op: (x) => g.softmax(x),
    inputs: [input([2, 3])],
    reference: (x) => rowsOf(x, 3).flatMap(softmaxRow),
  },
  {
    name: 'logSumExp',
    op: (x) => g.logSumExp(x, -1),
    inputs: [input([2, 3])],
    reference: (x) => rowsOf(x, 3).map(logSumExp),
  },
  {
    name: 'sum',
    op: (x) => g.sum(x, 0),
    inputs: [input([2, 3])],
    reference: (x) => range(3).map((i) => x[i] + x[i + 3]),
  },
  {
    name: 'mean',
    op: (x) => g.mean(x, -1),
    inputs: [input([2, 3])],
    reference: (x) => rowsOf(x, 3).map((r) => (r[0] + r[1] + r[2]) / 3),
  },
  {
    name: 'concat',
    op: (a, b) => g.concat([a, b], 1),
    inputs: [input([2, 1]), input([2, 2], numbers(4, 1, 2))],
    reference: (a, b) => [a[0], b[0], b[1], a[1], b[2], b[3]],
  },
  {
    name: 'slice',
    op: (x) => g.slice(x, [0, 1], [2, 2]),
    inputs: [input([2, 3])],
    reference: (x) => [x[1], x[2], x[4], x[5]],
  },
  {
    name: 'tile',
    op: (x) => g.tile(x, [2, 1]),
    inputs: [input([1, 3])],
    reference: (x) => [...x, ...x],
  },
  {
    name: 'gather',
    op: (x) => g.gather(x, g.tensor([2, 0, 2], [3], 'int32')),
    inputs: [input([3, 2])],
    reference: (x) => [x[4], x[5], x[0], x[1], x[4], x[5]],
  },
  {
    name: 'gatherRows',
    op: (x) => g.gatherRows(x, Int32Array.of(2, 0, 2)),
    inputs: [input([3, 2])],
    reference: (x) => [x[4], x[5], x[0], x[1], x[4], x[5]],
  },
  {
    name: 'unsortedSegmentSum',
    op: (x) => g.unsortedSegmentSum(x, g.tensor([1, 0, 1], [3], 'int32') as never, 3),
    inputs: [input([3, 2])],
    reference: (x) => [x[2], x[3], x[0] + x[4], x[1] + x[5], 0, 0],
  },
  ...[false, true].flatMap((transposeA) =>
    [false, true].flatMap((transposeB) => [
      productCase([1, 5, 4, 3], transposeA, transposeB),
      productCase([3, 2, 5, 11], transposeA, transposeB),
    ]),
  ),
  {
    name: 'rmsNorm',
    op: (x, w) => g.rmsNorm(x, w, 1e-5),
    inputs: [input([2, 3]), input([3], positive(3))],
    reference: (x, w) =>
      rowsOf(x, 3).flatMap((row) => {
        const r = 1 / Math.sqrt(row.reduce((s, v) => s + v * v, 0) / 3 + 1e-5);
        return row.map((v, i) => v * r * w[i]);
      }),
  },
  {
    name: 'rotary',
    op: (x) => g.rotary(x, g.tensor(tables.cos, [2, 4]), g.tensor(tables.sin, [2, 4])),
    inputs: [input([2, 2, 4])],
    reference: rotaryReference,
  },
  binary('swiGlu', g.swiGlu, (a, b) => a * sigmoid(a) * b, numbers(6, 1, 0.8)),
  {
    name: 'attention',
    op: (q, k, v) => g.attention(q, k, v, g.tensor(attentionBias, [1, 1, 4, 3])),
    inputs: attentionInputs,
    reference: attentionReference((s) => s / Math.sqrt(2)),
  },
  {
    name: 'attention with a scale and a cap',
    op: (q, k, v) =>
      g.attention(q, k, v, g.tensor(attentionBias, [1, 1, 4, 3]), { scale: 1.7, softcap: 0.9 }),
    inputs: attentionInputs,
    reference: attentionReference((s) => 0.9 * Math.tanh((1.7 * s) / 0.9)),
  },
  unary(
    'softCap',
    (x) => g.softCap(x, 0.7),
    (x) => 0.7 * Math.tanh(x / 0.7),
  ),
  unary('gelu', g.gelu, (x) => x * normalDistribution(x), numbers(6, 2)),
  unary(
    'geluTanh',
    g.geluTanh,
    (x) => (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
    numbers(6, 2),
  ),
  {
    name: 'layerNorm',
    op: (x, w, b) => g.layerNorm(x, w, b, 1e-5),
    inputs: [input([2, 3]), input([3], positive(3)), input([3], numbers(3, 1, 0.6))],
    reference: (x, w, b) =>
      rowsOf(x, 3).flatMap((row) => {
        const mean = row.reduce((s, v) => s + v, 0) / 3;
        const variance = row.reduce((s, v) => s + (v - mean) ** 2, 0) / 3;
        return row.map((v, i) => ((v - mean) / Math.sqrt(variance + 1e-5)) * w[i] + b[i]);
      }),
  },
  {
    name: 'pickLogProbs',
    op: (x) => g.pickLogProbs(x, picks, 0.7),
    inputs: [input([2, 3])],
    reference: (x) =>
      rowsOf(x, 3).map((row, n) => {
        const z = row.map((v) => v / 0.7);
        return z[picks[n]] - logSumExp(z);
      }),
  },
  {
    name: 'stopGradient',
    op: (a, b) => g.mul(g.stopGradient(a), b),
    inputs: [input([2, 3]), input([2, 3], positive(6))],
    reference: (a, b) => a.map((x, i) => x * b[i]),
    stopped: [0],
  },
  {
    name: 'hostLoss',
    op: (x) =>
      g.hostLoss(x, (values) => ({
        loss: values.reduce((s, v, i) => s + (i + 1) * v ** 3, 0),
        gradient: values.map((v, i) => 3 * (i + 1) * v * v),
      })),
    inputs: [input([2, 3])],
    reference: (x) => [x.reduce((s, v, i) => s + (i + 1) * v ** 3, 0)],
  },
];
/** The same numbers, on which no gradient depends. */
const computed = (compute: () => g.Tensor) => {
  const result = g.tidy(compute);
  const known = g.tensor(result.dataSync(), result.shape);
  result.dispose();
  return known;
};
const knownCases: readonly OpCase[] = [
  {
    name: 'knownLinear',
    op: (x, weight, bias, residual) => {
      const y = computed(() => g.add(g.add(g.matMul(x, weight, false, true), bias), residual));
      return g.knownLinear(y, { x, weight, bias, residual, trainsWeight: true });
    },
    inputs: [input([2, 3]), input([4, 3]), input([4], positive(4)), input([2, 4], positive(8))],
    reference: (x, w, b, residual) =>
      product(x, w, [1, 2, 3, 4], false, true).map((y, i) => y + b[i % 4] + residual[i]),
  },
  {
    name: 'knownLinear of a frozen weight [in, out] with an adapter',
    op: (x, a, b) => {
      const weight = g.tensor(numbers(12), [3, 4]);
      const low = () => g.matMul(g.matMul(x, a, false, true), b, false, true);
      const y = computed(() => g.add(g.matMul(x, weight), g.mul(low(), 0.7)));
      const adapter = { a, b, scale: 0.7 };
      return g.knownLinear(y, { x, weight, trainsWeight: false, isInOut: true, adapter });
    },
    inputs: [input([2, 3]), input([2, 3], numbers(6, 1, 0.9)), input([4, 2], numbers(8, 1, 1.3))],
    reference: (x, a, b) => {
      const added = product(product(x, a, [1, 2, 3, 2], false, true), b, [1, 2, 2, 4], false, true);
      return product(x, numbers(12), [1, 2, 3, 4]).map((y, i) => y + 0.7 * added[i]);
    },
  },
];
const backends = await g.availableBackends();

test('every operation has its row', () => {
  const tested = new Set([...cases, ...knownCases].map(({ name }) => name.split(' ')[0]));
  const operations = Object.keys(ops).filter((name) => name !== 'tensor'); // makes one, takes none
  expect(operations.filter((name) => !tested.has(name))).toEqual([]);
});

test('wasm and cpu load everywhere', () => {
  expect(backends).toEqual(expect.arrayContaining(['wasm', 'cpu']));
});

describe.each(backends)('on the %s backend', (backend) => {
  beforeAll(async () => {
    await g.initBackend(backend);
  });

  test.each([...cases, ...knownCases])(
    '$name: value and gradient agree with float64, and no tensor is left',
    (c) => {
      const errors = opErrors(c);
      expect(errors.value).toBeLessThan(1e-5);
      expect(errors.gradient).toBeLessThan(2e-4);
      expect(errors.leaked).toBe(0);
    },
  );
});

test('the conformance check notices a wrong gradient and a leak', async () => {
  await g.initBackend('cpu');
  const wrong = opErrors({
    name: 'wrong',
    op: (x) => g.mul(x, g.stopGradient(x)),
    inputs: [input([2, 3])],
    reference: (x) => x.map((v) => v * v),
  });
  expect(wrong.gradient).toBeGreaterThan(0.1);
  const kept: g.Tensor[] = [];
  const leaky = opErrors({
    name: 'leaky',
    op: (x) => {
      kept.push(g.keep(g.square(x)));
      return g.square(x);
    },
    inputs: [input([2, 3])],
    reference: (x) => x.map((v) => v * v),
  });
  expect(leaky.leaked).toBeGreaterThan(0);
  g.dispose(kept);
});
