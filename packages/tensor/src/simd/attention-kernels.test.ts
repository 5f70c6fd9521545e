import { describe, expect, test } from 'vitest';
import { areKernelsCompiled, loadKernels } from './kernels.js';

interface Sizes {
  readonly name: string;
  /** prefix start and length, start and length */
  readonly segments: readonly (readonly [number, number, number, number])[];
  readonly rows: number;
  readonly heads: number;
  readonly keyHeads: number;
  readonly headSize: number;
  readonly softcap?: number;
  readonly window?: number;
}

const shared = [
  [0, 0, 0, 5],
  [0, 5, 5, 3],
  [0, 5, 8, 1],
  [0, 0, 9, 0], // nothing in it
  [0, 5, 9, 4],
  [0, 0, 13, 6],
] as const;
const long = [
  [0, 0, 0, 150],
  [0, 150, 150, 70],
] as const;
const cases: readonly Sizes[] = [
  {
    name: 'one head over one run',
    segments: [[0, 0, 0, 5]],
    rows: 5,
    heads: 1,
    keyHeads: 1,
    headSize: 4,
  },
  { name: 'a lone row', segments: [[0, 0, 0, 1]], rows: 1, heads: 2, keyHeads: 1, headSize: 1 },
  {
    name: 'a prefix that three share',
    segments: shared,
    rows: 19,
    heads: 4,
    keyHeads: 2,
    headSize: 7,
  },
  {
    name: 'a window within and beyond the prefix, and a cap',
    segments: shared,
    rows: 19,
    heads: 3,
    keyHeads: 3,
    headSize: 5,
    softcap: 0.8,
    window: 3,
  },
  {
    name: 'segments of several blocks',
    segments: long,
    rows: 220,
    heads: 2,
    keyHeads: 1,
    headSize: 16,
  },
  {
    name: 'several blocks, a window, and a row of no segment',
    segments: long,
    rows: 221,
    heads: 1,
    keyHeads: 1,
    headSize: 24,
    window: 40,
  },
  {
    name: 'prefixes that overlap in part',
    segments: [
      [0, 0, 0, 6],
      [2, 3, 6, 2],
      [4, 4, 8, 3],
    ],
    rows: 11,
    heads: 2,
    keyHeads: 2,
    headSize: 3,
  },
];

const numbers = (count: number, shift: number) =>
  Float32Array.from({ length: count }, (_, i) => Math.sin(1 + 2.7 * i + shift));
const worst = (actual: ArrayLike<number>, expected: ArrayLike<number>) =>
  Array.from(actual).reduce((most, x, i) => Math.max(most, Math.abs(x - expected[i])), 0);
const SCALE = 0.7;

type Operands = readonly [q: ArrayLike<number>, k: ArrayLike<number>, v: ArrayLike<number>];

/** By the definition, row by row, in float64. */
function reference(
  { segments, rows, heads, keyHeads, headSize, softcap, window }: Sizes,
  [q, k, v]: Operands,
): Float64Array {
  const out = new Float64Array(rows * heads * headSize);
  const range = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i);
  for (const [prefixStart, prefixLength, start, length] of segments) {
    for (const i of range(0, length)) {
      const all = [...range(prefixStart, prefixLength), ...range(start, i + 1)];
      const seen = window === undefined ? all : all.slice(-window);
      for (const head of range(0, heads)) {
        const keyHead = Math.floor((head * keyHeads) / heads);
        const query = ((start + i) * heads + head) * headSize;
        const key = (row: number) => (row * keyHeads + keyHead) * headSize;
        const e = seen.map((row) => {
          let dot = 0;
          for (let d = 0; d < headSize; d++) dot += q[query + d] * k[key(row) + d];
          const score = SCALE * dot;
          return Math.exp(softcap === undefined ? score : softcap * Math.tanh(score / softcap));
        });
        const total = e.reduce((sum, x) => sum + x, 0);
        for (const [n, row] of seen.entries()) {
          for (let d = 0; d < headSize; d++) out[query + d] += (e[n] / total) * v[key(row) + d];
        }
      }
    }
  }
  return out;
}

function run(sizes: Sizes, [q, k, v]: readonly Float32Array[], dy: Float32Array) {
  const { segments, rows, heads, keyHeads, headSize, softcap = 0, window = 0 } = sizes;
  const column = (c: number) => Int32Array.from(segments, (segment) => segment[c]);
  const view = [column(0), column(1), column(2), column(3), segments.length] as const;
  const rest = [...view, rows, heads, keyHeads, headSize, SCALE, softcap, window] as const;
  const out = new Float32Array(q.length).fill(7); // what was there before must not matter
  const logSums = new Float32Array(rows * heads);
  loadKernels().segmentAttention(out, logSums, q, k, v, ...rest);
  const [dq, dk, dv] = [q, k, v].map((x) => new Float32Array(x.length).fill(7));
  loadKernels().segmentAttentionGradient(dq, dk, dv, dy, out, logSums, q, k, v, ...rest);
  return { out, dq, dk, dv };
}

describe.skipIf(!areKernelsCompiled())('segmentAttention', () => {
  test.each(cases)('$name: value and gradient are those of the definition', (sizes) => {
    const { rows, heads, keyHeads, headSize } = sizes;
    const q = numbers(rows * heads * headSize, 0);
    const k = numbers(rows * keyHeads * headSize, 1);
    const v = numbers(rows * keyHeads * headSize, 2);
    const dy = numbers(q.length, 3);
    const { out, dq, dk, dv } = run(sizes, [q, k, v], dy);
    expect(worst(out, reference(sizes, [q, k, v]))).toBeLessThan(3e-6);

    const points = [q, k, v].map((x) => Float64Array.from(x)) as unknown as Operands;
    const weighted = () => reference(sizes, points).reduce((sum, y, i) => sum + y * dy[i], 0);
    for (const [which, gradient] of [dq, dk, dv].entries()) {
      const x = points[which] as Float64Array;
      const step = Math.ceil(x.length / (rows > 100 ? 5 : 40)); // some of many
      for (let i = 0; i < x.length; i += step) {
        const before = x[i];
        const [above, below] = [1e-4, -1e-4].map((change) => {
          x[i] = before + change;
          return weighted();
        });
        x[i] = before;
        expect(Math.abs(gradient[i] - (above - below) / 2e-4)).toBeLessThan(1e-5);
      }
    }
  });

  test('a segment that reads beyond the rows is an error', () => {
    const sizes = { ...(cases[0] as Sizes), segments: [[0, 0, 1, 5]] as const };
    const x = new Float32Array(20);
    expect(() => run(sizes, [x, x, x], x)).toThrow(
      'segmentAttention: needs segments within the rows',
    );
  });

  test('one long head gives the same numbers however its work was shared', () => {
    const sizes: Sizes = {
      name: '',
      segments: [[0, 0, 0, 700]],
      rows: 700,
      heads: 1,
      keyHeads: 1,
      headSize: 8,
    };
    const operands = [0, 1, 2].map((shift) => numbers(5600, shift));
    const first = run(sizes, operands, numbers(5600, 3));
    for (let i = 0; i < 5; i++) expect(run(sizes, operands, numbers(5600, 3))).toEqual(first);
  });
});
