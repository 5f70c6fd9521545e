import { beforeAll, describe, expect, test } from 'vitest';
import { areKernelsCompiled, loadKernels } from './kernels.js';

/** A small generator: the tests of this package stand on no other. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

interface Case {
  readonly name: string;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headSize: number;
  readonly window?: number;
  readonly softcap?: number;
}

const cases: readonly Case[] = [
  { name: 'heads of 64', heads: 2, keyValueHeads: 2, headSize: 64 },
  { name: 'shared keys', heads: 6, keyValueHeads: 2, headSize: 20 },
  { name: 'a window', heads: 4, keyValueHeads: 2, headSize: 8, window: 5 },
  { name: 'a window over pages', heads: 1, keyValueHeads: 1, headSize: 80, window: 50 },
  { name: 'capped scores', heads: 3, keyValueHeads: 1, headSize: 6, softcap: 0.5 },
];

describe.skipIf(!areKernelsCompiled())('the kernels of a decoder', () => {
  let kernels: ReturnType<typeof loadKernels>;
  let places: number;
  beforeAll(() => {
    kernels = loadKernels();
    places = kernels.pagePlaces();
  });

  describe.each(cases)('attention over pages: $name', (one) => {
    const { heads, keyValueHeads, headSize, window = 0, softcap = 0 } = one;
    const [layers, layer, perSlab] = [2, 1, 3];
    const random = numbers(7);
    const draw = (n: number) => Float32Array.from({ length: n }, () => 4 * random() - 2);
    const scale = 0.4;
    const kvWidth = keyValueHeads * headSize;

    test('equals plain loops, for prompts, a shared beginning, and tokens one by one', () => {
      const size = perSlab * kernels.pageSize(layers, keyValueHeads, headSize);
      // What was there before may be anything.
      const slabs = [0, 1, 2, 3].map(() => new Float32Array(size).fill(Number.NaN));
      const prompt = 40; // a page and a part of one
      const columns = 5;
      const row = (...entries: number[]) => [
        ...entries,
        ...new Array(2 * columns - entries.length).fill(-1),
      ];
      const known: { readonly keys: Float32Array; readonly values: Float32Array }[][] = [
        [],
        [],
        [],
      ];
      const run = (table: number[], asked: readonly (readonly [number, number])[]) => {
        const rows = asked.length;
        const [q, k, v] = [
          draw(rows * heads * headSize),
          draw(rows * kvWidth),
          draw(rows * kvWidth),
        ];
        const out = new Float32Array(rows * heads * headSize);
        const logSums = new Float32Array(rows * heads);
        const shape = Int32Array.of(
          perSlab,
          layers,
          layer,
          columns,
          heads,
          keyValueHeads,
          headSize,
        );
        const sequences = Int32Array.from(asked, ([sequence]) => sequence);
        const positions = Int32Array.from(asked, ([, position]) => position);
        kernels.attendPages(
          out,
          q,
          k,
          v,
          slabs,
          Int32Array.from(table),
          sequences,
          positions,
          rows,
          shape,
          scale,
          window,
          softcap,
          logSums,
        );
        for (const [r, [sequence, position]] of asked.entries()) {
          known[sequence][position] = {
            keys: k.subarray(r * kvWidth, (r + 1) * kvWidth),
            values: v.subarray(r * kvWidth, (r + 1) * kvWidth),
          };
        }
        const wrong: object[] = [];
        for (const [r, [sequence, position]] of asked.entries()) {
          const from = window > 0 ? Math.max(0, position + 1 - window) : 0;
          const seen = known[sequence].slice(from, position + 1);
          for (let head = 0; head < heads; head++) {
            const at = Math.floor(head / (heads / keyValueHeads)) * headSize;
            const scores = seen.map(({ keys }) => {
              let s = 0;
              for (let i = 0; i < headSize; i++)
                s += q[(r * heads + head) * headSize + i] * keys[at + i];
              return softcap > 0 ? softcap * Math.tanh((scale * s) / softcap) : scale * s;
            });
            const most = Math.max(...scores);
            const weights = scores.map((s) => Math.exp(s - most));
            const total = weights.reduce((sum, w) => sum + w, 0);
            expect(logSums[r * heads + head]).toBeCloseTo(most + Math.log(total), 4);
            for (let i = 0; i < headSize; i++) {
              const expected = seen.reduce(
                (sum, { values }, s) => sum + (weights[s] / total) * values[at + i],
                0,
              );
              const got = out[(r * heads + head) * headSize + i];
              if (!(Math.abs(got - expected) < 1e-5)) wrong.push({ r, head, i, got, expected });
            }
          }
        }
        expect(wrong).toEqual([]);
      };

      const each = (sequence: number, from: number, to: number) =>
        Array.from({ length: to - from }, (_, t) => [sequence, from + t] as const);
      // Sequence 0: a prompt in two passes; sequence 1 shares it; sequence 2 is a prompt of its own.
      const own = row(4, 0);
      run([...row(7, 0, 2, places), ...row(), ...own], [...each(0, 0, 17), ...each(2, 0, 9)]);
      run([...row(7, 0, 2, places), ...row(), ...own], each(0, 17, prompt));
      known[1] = known[0].slice();
      for (let t = 0; t < 30; t++) {
        const table = [
          ...row(7, 0, 2, places, 10, prompt),
          ...row(7, 0, 2, places, 0, prompt),
          ...(9 + t < places ? own : row(4, 0, 5, places)),
        ];
        run(table, [
          [0, prompt + t],
          [1, prompt + t],
          [2, 9 + t],
        ]);
      }
    });
  });

  test('pages that are not there are an error', () => {
    const slab = new Float32Array(kernels.pageSize(1, 1, 4));
    const call = (page: number, position: number) => () =>
      kernels.attendPages(
        new Float32Array(4),
        new Float32Array(4),
        new Float32Array(4),
        new Float32Array(4),
        [slab],
        Int32Array.of(page, 0),
        Int32Array.of(0),
        Int32Array.of(position),
        1,
        Int32Array.of(1, 1, 0, 1, 1, 1, 4),
        1,
        0,
        0,
      );
    expect(call(0, places - 1)).not.toThrow();
    expect(call(1, 0)).toThrow('attendPages: needs pages that there are');
    expect(call(-1, 0)).toThrow('attendPages: needs pages that there are');
    expect(call(0, places)).toThrow('attendPages: needs positions that the pages hold');
  });

  describe('drawing tokens', () => {
    const vocabulary = 1003;
    const count = 40;
    const random = numbers(3);
    const logits = Float32Array.from({ length: count * vocabulary }, () => 12 * random() - 6);
    const temperatures = Float64Array.from({ length: count }, (_, r) => [1, 0.7, 0, 1.5][r % 4]);
    const uniforms = Float64Array.from({ length: count }, random);
    const ids = new Int32Array(count);
    const logProbs = new Float64Array(count);
    const rows = Int32Array.from({ length: count }, (_, r) => count - 1 - r);
    const draw = (of: Float32Array) =>
      kernels.drawTokens(ids, logProbs, of, rows, temperatures, uniforms, count, vocabulary);

    test('follows the running sum of probabilities', () => {
      draw(logits);
      for (let r = 0; r < count; r++) {
        const z = logits.subarray(rows[r] * vocabulary, (rows[r] + 1) * vocabulary);
        const top = Math.max(...z);
        const t = temperatures[r] || 1;
        const weights = Array.from(z, (x) => Math.exp((x - top) / t));
        const total = weights.reduce((sum, w) => sum + w, 0);
        const logProb = (z[ids[r]] - top) / t - Math.log(total);
        expect(Math.abs(logProbs[r] - logProb)).toBeLessThan(1e-6);
        if (temperatures[r] === 0) {
          expect(z[ids[r]]).toBe(top);
          continue;
        }
        const before = weights.slice(0, ids[r]).reduce((sum, w) => sum + w, 0);
        const target = uniforms[r] * total;
        expect(before).toBeLessThanOrEqual(target + 1e-6 * total);
        expect(before + weights[ids[r]]).toBeGreaterThanOrEqual(target - 1e-6 * total);
      }
    });

    test('the ends of the interval take the first and the last token that is possible', () => {
      const z = new Float32Array(vocabulary).fill(Number.NEGATIVE_INFINITY);
      z[300] = 1;
      z[700] = 1;
      const at = (uniform: number) => {
        const one = Float64Array.of(uniform);
        kernels.drawTokens(
          ids,
          logProbs,
          z,
          Int32Array.of(0),
          Float64Array.of(1),
          one,
          1,
          vocabulary,
        );
        return [ids[0], logProbs[0]];
      };
      expect(at(0)).toEqual([300, -Math.LN2]);
      expect(at(0.4999999)).toEqual([300, -Math.LN2]);
      expect(at(0.5)).toEqual([700, -Math.LN2]);
      expect(at(1 - 2 ** -53)).toEqual([700, -Math.LN2]);
    });

    test.each([Number.NaN, Number.POSITIVE_INFINITY])('a logit %d spoils its row alone', (bad) => {
      const spoilt = logits.slice();
      spoilt[rows[5] * vocabulary + 17] = bad;
      draw(spoilt);
      expect(
        Array.from(ids.entries(), ([r, id]) => (id === -1 ? r : -1)).filter((r) => r >= 0),
      ).toEqual([5]);
    });
  });
});
