import * as tf from '@tensorflow/tfjs';
import { afterAll, describe, expect, test } from 'vitest';
import { adamWInit, adamWStep } from '../adamw.js';
import { initBackend } from '../backend.js';
import { crossEntropy } from '../cross-entropy.js';
import { gatherRows } from '../gather-rows.js';
import { gelu, geluTanh } from '../gelu.js';
import { globalNorm, valueAndGradients } from '../gradients.js';
import { knownGatedLinear } from '../known-gated-linear.js';
import { layerNorm } from '../layer-norm.js';
import { pickLogProbs } from '../pick-log-probs.js';
import { rmsNorm } from '../rms-norm.js';
import { rotary } from '../rotary.js';
import { segmentAttention } from '../segment-attention.js';
import { swiGlu } from '../swiglu.js';
import { tokenStatistics } from '../token-statistics.js';
import type { Tensor } from '../types.js';
import { tablePlan } from './fused-rotary.js';
import { areKernelsCompiled } from './kernels.js';

interface Case {
  readonly name: string;
  /** Shapes of the inputs that receive gradient. */
  readonly shapes: readonly (readonly number[])[];
  readonly op: (...inputs: Tensor[]) => Tensor;
  /** The same by other operations; default: `op` as the cpu backend composes it. */
  readonly composed?: Case['op'];
}

const numbers = (shape: readonly number[], shift = 0) => {
  const size = shape.reduce((product, n) => product * n, 1);
  const values = Float32Array.from({ length: size }, (_, i) => 2 * Math.sin(1 + 2.7 * i + shift));
  return tf.tensor(values, [...shape]);
};
const ids = (count: number, below: number) =>
  Int32Array.from({ length: count }, (_, i) => (7 * i + 3) % below);
/** cos and sin [..., 6] with equal halves. */
const turn = (lead: number[]) => {
  const half = numbers([...lead, 3]);
  const both = tf.concat([half, half], lead.length);
  return [tf.cos(both), tf.sin(both)] as const;
};

// Two runs behind one prefix, a window and a cap; four query heads, two key heads of 5.
const segments = {
  prefixStart: Int32Array.of(0, 0, 0),
  prefixLength: Int32Array.of(0, 3, 3),
  start: Int32Array.of(0, 3, 5),
  length: Int32Array.of(3, 2, 4),
};
const view = { headSize: 5, scale: 0.6, softcap: 0.9, window: 4 };
const rowsSeen = Array.from({ length: 9 }, (_, row) => {
  const start = [0, 0, 0, 3, 3, 5, 5, 5, 5][row];
  const prefix = row < 3 ? [] : [0, 1, 2];
  return [...prefix, ...[...Array(row - start + 1).keys()].map((i) => start + i)].slice(-4);
});
const masked = (q: Tensor, k: Tensor, v: Tensor) => {
  const heads = (x: Tensor) => tf.transpose(tf.reshape(x, [9, -1, 5]), [1, 0, 2]);
  const twice = (x: Tensor) => tf.gather(heads(x), tf.tensor1d([0, 0, 1, 1], 'int32'));
  const scores = tf.mul(
    tf.tanh(tf.mul(tf.matMul(heads(q), twice(k), false, true), 0.6 / 0.9)),
    0.9,
  );
  const bias = tf.tensor2d(
    rowsSeen.map((seen) => Array.from({ length: 9 }, (_, i) => (seen.includes(i) ? 0 : -1e9))),
  );
  const y = tf.matMul(tf.softmax(tf.add(scores, bias)), twice(v));
  return tf.reshape(tf.transpose(y, [1, 0, 2]), [9, 20]);
};

const cases: readonly Case[] = [
  ...[
    [1, 1],
    [3, 7],
    [2, 96],
  ].flatMap(([rows, width]): Case[] => [
    {
      name: `rmsNorm [${rows}, ${width}]`,
      shapes: [[rows, width], [width]],
      op: (x, w) => rmsNorm(x, w, 1e-3),
    },
    {
      name: `layerNorm [${rows}, ${width}]`,
      shapes: [[rows, width], [width], [width]],
      op: (x, w, b) => layerNorm(x, w, b, 1e-1),
    },
    {
      name: `swiGlu [${rows}, ${width}]`,
      shapes: [
        [rows, width],
        [rows, width],
      ],
      op: swiGlu,
    },
    { name: `gelu [${rows}, ${width}]`, shapes: [[rows, width]], op: gelu },
    { name: `geluTanh [${rows}, ${width}]`, shapes: [[rows, width]], op: geluTanh },
    {
      name: `gatherRows [${rows}, ${width}]`,
      shapes: [[rows, width]],
      op: (x) => gatherRows(x, ids(5, rows)),
    },
  ]),
  {
    name: 'rotary of rows that all heads share',
    shapes: [[1, 5, 3, 6]],
    op: (x) => rotary(x, ...turn([1, 5, 1])),
  },
  {
    name: 'rotary of rows that all sequences share',
    shapes: [[4, 5, 3, 6]],
    op: (x) => rotary(x, ...turn([1, 5, 1])),
  },
  {
    name: 'rotary of each sequence by its own rows',
    shapes: [[4, 5, 3, 6]],
    op: (x) => rotary(x, ...turn([4, 5, 1])),
  },
  {
    name: 'rotary by one row',
    shapes: [[4, 1, 3, 6]],
    op: (x) => rotary(x, ...turn([1, 1, 1])),
  },
  {
    name: 'rotary by a table that skips a dimension',
    shapes: [[4, 5, 3, 6]],
    op: (x) => rotary(x, ...turn([4, 1, 3])),
  },
  {
    name: 'pickLogProbs',
    shapes: [[4, 513]],
    op: (x) => pickLogProbs(x, ids(4, 513), 0.7),
  },
  {
    name: 'tokenStatistics in chunks',
    shapes: [
      [5, 7],
      [513, 7],
    ],
    op: (h, w) => tokenStatistics(h, w, ids(5, 513), { temperature: 1.3, chunkBytes: 2 * 513 * 4 }),
  },
  {
    name: 'knownGatedLinear',
    shapes: [
      [3, 7],
      [6, 7],
      [6, 7],
    ],
    op: (x, ...weights) => {
      const rows = Int32Array.of(4, 0, 2);
      const [gate, up] = weights.map((weight) => {
        const results = new Float32Array(5 * 6).fill(9);
        const y = tf.matMul(x, weight, false, true).dataSync();
        for (const [i, row] of rows.entries()) results.set(y.subarray(6 * i, 6 * i + 6), 6 * row);
        return { weight, trainsWeight: true, results };
      });
      return knownGatedLinear(x, gate, up, rows);
    },
    composed: (x, gate, up) =>
      swiGlu(tf.matMul(x, gate, false, true), tf.matMul(x, up, false, true)),
  },
  {
    name: 'segmentAttention',
    shapes: [
      [9, 20],
      [9, 10],
      [9, 10],
    ],
    op: (q, k, v) => segmentAttention(q, k, v, segments, view),
    composed: masked,
  },
];

/** Σ cᵢ yᵢ, its gradients, and the tensors left over. */
async function evaluated(backend: 'simd' | 'cpu', { shapes, op, composed = op }: Case) {
  await initBackend(backend);
  const inputs = Object.fromEntries(shapes.map((shape, i) => [`${i}`, numbers(shape, i)]));
  const before = tf.memory().numTensors;
  const chosen = backend === 'simd' ? op : composed;
  const { value, gradients } = valueAndGradients(() => {
    const y = chosen(...Object.values(inputs));
    return tf.sum(tf.mul(y, numbers(y.shape, 5)));
  }, inputs);
  const found = [value, ...Object.values(gradients)].map((x) => [...x.dataSync()]);
  tf.dispose([value, gradients]);
  const leaked = tf.memory().numTensors - before;
  tf.tidy(() => chosen(...Object.values(inputs))); // without a tape too
  expect(leaked).toBe(0);
  tf.dispose(inputs);
  return found;
}

describe.skipIf(!areKernelsCompiled())('an operation of kernels', () => {
  afterAll(async () => {
    await initBackend('cpu');
  });

  test.each(cases)('$name: value and gradients are those of the composed one', async (c) => {
    const fused = await evaluated('simd', c);
    const composed = await evaluated('cpu', c);
    for (const [i, expected] of composed.entries()) {
      const size = Math.max(1, ...expected.map(Math.abs));
      for (const [at, x] of expected.entries()) {
        expect(Math.abs(fused[i][at] - x) / size).toBeLessThan(1e-5);
      }
    }
  });

  test('crossEntropy gives the loss and its gradient', async () => {
    const values = await Promise.all(
      ['simd' as const, 'cpu' as const].map(async (backend) => {
        await initBackend(backend);
        return tf.tidy(() => {
          const { loss, gradient } = crossEntropy(numbers([3, 513]), ids(3, 513));
          return [...loss.dataSync(), ...gradient.dataSync()];
        });
      }),
    );
    expect(values[0]).toEqual(values[1].map((x) => expect.closeTo(x, 5)));
  });

  test('adamWStep and globalNorm', async () => {
    const run = async (backend: 'simd' | 'cpu') => {
      await initBackend(backend);
      return tf.tidy(() => {
        const weights = { matrix: numbers([3, 7]), vector: numbers([5], 1) };
        const gradients = { matrix: numbers([3, 7], 2), vector: numbers([5], 3) };
        const options = { weightDecay: 0.3 };
        const once = adamWStep(weights, gradients, adamWInit(weights), 0.1, 0.5, options);
        const twice = adamWStep(once.parameters, gradients, once.state, 0.1, 1, options);
        const { parameters, state } = twice;
        const all = [parameters, state.first, state.second].flatMap((x) => Object.values(x));
        expect(weights.vector.dataSync()).toEqual(numbers([5], 1).dataSync()); // left alone
        return [globalNorm(gradients), ...all.flatMap((x) => [...x.dataSync()])];
      });
    };
    const fused = await run('simd');
    expect(fused).toEqual((await run('cpu')).map((x) => expect.closeTo(x, 5)));
  });

  test('attention over segments and what was kept are for the simd backend alone', async () => {
    await initBackend('cpu');
    const x = numbers([9, 10]);
    expect(() => segmentAttention(x, x, x, segments, view)).toThrow('needs the simd backend');
    const kept = { weight: x, trainsWeight: true, results: new Float32Array(81) };
    expect(() => knownGatedLinear(x, kept, kept, ids(9, 9))).toThrow('needs the simd backend');
  });
});

test('a table runs along neighbouring dimensions, or is left to the composed operation', () => {
  const plan = (shape: number[], table: number[]) => tablePlan(shape, table);
  expect(plan([1, 5, 3, 6], [1, 5, 1, 6])).toEqual({ times: 1, rows: 5, heads: 3 });
  expect(plan([4, 5, 3, 6], [1, 5, 1, 6])).toEqual({ times: 4, rows: 5, heads: 3 });
  expect(plan([4, 5, 3, 6], [4, 5, 1, 6])).toEqual({ times: 1, rows: 20, heads: 3 });
  expect(plan([2, 2, 4], [2, 4])).toEqual({ times: 2, rows: 2, heads: 1 });
  expect(plan([4, 1, 3, 6], [1, 1, 1, 6])).toEqual({ times: 1, rows: 1, heads: 12 });
  expect(plan([4, 5, 3, 6], [4, 1, 3, 6])).toBeUndefined();
  expect(plan([4, 5, 3, 6], [2, 5, 1, 6])).toBeUndefined();
  expect(plan([4, 5, 3, 6], [1, 5, 1, 4])).toBeUndefined();
});
