import { describe, expect, test } from 'vitest';
import { areKernelsCompiled, loadKernels } from './kernels.js';

const numbers = (count: number, shift = 0, scale = 1.5) =>
  Float32Array.from({ length: count }, (_, i) => scale * Math.sin(1 + 2.7 * i + shift));
const worst = (actual: ArrayLike<number>, expected: ArrayLike<number>) => {
  expect(actual.length).toBe(expected.length);
  return Array.from(actual).reduce((most, x, i) => Math.max(most, Math.abs(x - expected[i])), 0);
};

/** The gradients of Σ dy · f(xs), by central differences in float64. */
function gradients(
  f: (...xs: Float64Array[]) => Float64Array,
  xs: readonly Float32Array[],
  dy: Float32Array,
): Float64Array[] {
  const points = xs.map((x) => Float64Array.from(x));
  const value = () => f(...points).reduce((sum, y, i) => sum + y * dy[i], 0);
  return points.map((point) =>
    Float64Array.from(point, (x, i) => {
      const sides = [1e-5, -1e-5].map((step) => {
        point[i] = x + step;
        return value();
      });
      point[i] = x;
      return (sides[0] - sides[1]) / 2e-5;
    }),
  );
}

const perRow = (
  x: Float64Array,
  width: number,
  f: (row: Float64Array, r: number) => Float64Array,
) =>
  Float64Array.from(
    Array.from({ length: x.length / width }, (_, r) => [
      ...f(x.slice(r * width, (r + 1) * width), r),
    ]).flat(),
  );
const mean = (row: Float64Array) => row.reduce((sum, v) => sum + v, 0) / row.length;

const sizes = [
  [1, 1],
  [3, 7],
  [1, 96],
  [5, 17],
] as const;

describe.skipIf(!areKernelsCompiled())('the kernels of gradients', () => {
  test.each(sizes)('rmsNorm of %i rows of %i, its weight counted from 1', (rows, width) => {
    const [x, w, dy] = [numbers(rows * width), numbers(width, 2), numbers(rows * width, 3)];
    const f = (x: Float64Array, w: Float64Array) =>
      perRow(x, width, (row) => {
        const r = 1 / Math.sqrt(mean(row.map((v) => v * v)) + 1e-5);
        return row.map((v, i) => v * r * (1 + w[i]));
      });
    const inverse = new Float32Array(rows);
    const dw = new Float32Array(width);
    loadKernels().rmsNorm(new Float32Array(x.length), x, w, rows, width, 1e-5, 1, inverse);
    loadKernels().rmsNormGradient(dy.slice(), undefined, dy, x, w, inverse, rows, width, 1);
    const [byX, byW] = gradients(f, [x, w], dy);
    loadKernels().rmsNormGradient(dy, dw, dy, x, w, inverse, rows, width, 1); // in place
    expect(worst(dy, byX)).toBeLessThan(1e-5);
    expect(worst(dw, byW)).toBeLessThan(1e-5);
  });

  test.each(sizes)('layerNorm of %i rows of %i', (rows, width) => {
    const [x, w, b] = [numbers(rows * width), numbers(width, 2), numbers(width, 4)];
    const dy = numbers(rows * width, 3);
    const f = (x: Float64Array, w: Float64Array, b: Float64Array) =>
      perRow(x, width, (row) => {
        const mu = mean(row);
        const r = 1 / Math.sqrt(mean(row.map((v) => (v - mu) ** 2)) + 1e-2);
        return row.map((v, i) => (v - mu) * r * w[i] + b[i]);
      });
    const [mu, inverse] = [new Float32Array(rows), new Float32Array(rows)];
    const [dw, db] = [new Float32Array(width), new Float32Array(width)];
    const kernels = loadKernels();
    kernels.layerNorm(new Float32Array(x.length), x, w, b, rows, width, 1e-2, mu, inverse);
    const [byX, byW, byB] = gradients(f, [x, w, b], dy);
    kernels.layerNormGradient(dy, dw, db, dy, x, w, mu, inverse, rows, width); // in place
    expect(worst(dy, byX)).toBeLessThan(2e-5);
    expect(worst(dw, byW)).toBeLessThan(2e-5);
    expect(worst(db, byB)).toBeLessThan(2e-5);
  });

  test('weights of many rows sum in the same order, however often', () => {
    const [rows, width] = [4000, 24];
    const [x, w, dy] = [numbers(rows * width), numbers(width, 2), numbers(rows * width, 3)];
    const inverse = new Float32Array(rows);
    loadKernels().rmsNorm(new Float32Array(x.length), x, w, rows, width, 1e-5, 0, inverse);
    const sums = Array.from({ length: 5 }, () => {
      const dw = new Float32Array(width);
      const dx = new Float32Array(x.length);
      loadKernels().rmsNormGradient(dx, dw, dy, x, w, inverse, rows, width, 0);
      return dw;
    });
    const expected = Float64Array.from({ length: width }, (_, i) =>
      inverse.reduce((sum, r, row) => sum + r * x[row * width + i] * dy[row * width + i], 0),
    );
    expect(worst(sums[0], expected)).toBeLessThan(5e-3); // of sums of some thousands
    for (const again of sums) expect(again).toEqual(sums[0]);
  });

  test.each([1, 7, 96])('swiGlu and both gelus of %i numbers', (count) => {
    const [gate, up, dy] = [numbers(count, 0, 4), numbers(count, 1), numbers(count, 2)];
    const kernels = loadKernels();
    const swiGlu = (g: Float64Array, u: Float64Array) =>
      g.map((v, i) => (v * u[i]) / (1 + Math.exp(-v)));
    const [byGate, byUp] = gradients(swiGlu, [gate, up], dy);
    const [dGate, dUp] = [new Float32Array(count), new Float32Array(count)];
    kernels.swiGluGradient(dGate, dUp, dy, gate, up, count);
    expect(worst(dGate, byGate)).toBeLessThan(2e-6);
    expect(worst(dUp, byUp)).toBeLessThan(2e-6);
    const rows = Int32Array.of(1, 1);
    const [gates, ups, twice] = [gate, up, dy].map((x) => Float32Array.from([...x, ...x]));
    gates.fill(9, 0, count);
    const both = [dGate, dUp].map(() => new Float32Array(2 * count));
    kernels.swiGluRowsGradient(both[0], both[1], twice, gates, ups, rows, 2, 2, count);
    for (const [i, one] of [dGate, dUp].entries()) {
      expect(both[i]).toEqual(Float32Array.from([...one, ...one]));
    }

    const inner = (x: number) => Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3);
    const geluTanh = (x: Float64Array) => x.map((v) => (v / 2) * (1 + Math.tanh(inner(v))));
    kernels.geluTanhGradient(dUp, dy, gate, count);
    expect(worst(dUp, gradients(geluTanh, [gate], dy)[0])).toBeLessThan(2e-6);
    kernels.geluGradient(dGate, dy, gate, count);
    expect(worst(dGate, dUp)).toBeLessThan(2e-3); // what the approximation is off
    expect(worst(dGate, dUp)).toBeGreaterThan(0);
  });

  test('the slope of gelu is that of its values', () => {
    const at = (x: number) => {
      const out = new Float32Array(1);
      loadKernels().gelu(out, Float32Array.of(x), 1);
      return out[0];
    };
    for (const x of [-4, -1.42, -0.3, 0, 0.9, 1.5, 3]) {
      const dx = new Float32Array(1);
      loadKernels().geluGradient(dx, Float32Array.of(1), Float32Array.of(x), 1);
      expect(dx[0]).toBeCloseTo((at(x + 0.01) - at(x - 0.01)) / 0.02, 3);
    }
  });

  test.each([
    [1, 1, 1],
    [3, 7, 0.7],
    [9, 513, 1.3],
  ])('crossEntropy of %i rows of %i at temperature %f', (rows, vocabulary, temperature) => {
    const logits = numbers(rows * vocabulary, 0, 3);
    const ids = Int32Array.from({ length: rows }, (_, r) => (r * 5) % vocabulary);
    const z = Float64Array.from(logits, (v) => v / temperature);
    const softmax = perRow(z, vocabulary, (row) => {
      const total = row.reduce((sum, v) => sum + Math.exp(v), 0);
      return row.map((v) => Math.exp(v) / total);
    });
    const expected = Float64Array.from(ids, (id, r) => -Math.log(softmax[r * vocabulary + id]));
    const slopes = softmax.map(
      (p, i) => p - (ids[Math.floor(i / vocabulary)] === i % vocabulary ? 1 : 0),
    );

    const loss = new Float32Array(rows);
    loadKernels().crossEntropy(loss, undefined, logits, ids, rows, vocabulary, temperature);
    expect(worst(loss, expected)).toBeLessThan(2e-6);
    loadKernels().crossEntropy(loss, logits, logits, ids, rows, vocabulary, temperature);
    expect(worst(loss, expected)).toBeLessThan(2e-6);
    expect(worst(logits, slopes)).toBeLessThan(1e-6);
  });

  test('crossEntropy of logits far apart, of minus infinity and of NaN', () => {
    const logits = Float32Array.of(1e4, 0, -1e4, Number.NEGATIVE_INFINITY, 1, 1, 0, Number.NaN, 0);
    const [loss, gradient] = [new Float32Array(3), new Float32Array(9)];
    loadKernels().crossEntropy(loss, gradient, logits, Int32Array.of(0, 1, 2), 3, 3, 1);
    expect([...loss]).toEqual([0, expect.closeTo(Math.log(2), 6), Number.NaN]);
    expect([...gradient.subarray(0, 6)]).toEqual([0, 0, 0, 0, expect.closeTo(-0.5, 6), 0.5]);
  });

  test('an id that is no row is an error', () => {
    const two = new Float32Array(2);
    const call = (id: number) => () =>
      loadKernels().gatherRows(two, new Float32Array(6), Int32Array.of(id), 1, 3, 2);
    expect(call(3)).toThrow('gatherRows: needs numbers from 0 to before 3 as argument 3');
    expect(call(-1)).toThrow('gatherRows');
  });

  test.each([1, 7, 200])('rows of %i numbers are picked, added and scaled', (width) => {
    const x = numbers(3 * width);
    const ids = Int32Array.of(2, 0, 2, 2);
    const row = (of: Float32Array, r: number) => [...of.subarray(r * width, (r + 1) * width)];
    const picked = new Float32Array(4 * width);
    loadKernels().gatherRows(picked, x, ids, 4, 3, width);
    for (const [i, id] of ids.entries()) expect(row(picked, i)).toEqual(row(x, id));
    loadKernels().scaleRows(picked, picked, Float32Array.of(1, 2, 3, -1), 4, width);
    expect(row(picked, 2)).toEqual(row(x, 2).map((v) => Math.fround(v * 3)));
    const sums = new Float32Array(3 * width).fill(1);
    loadKernels().addRows(sums, picked, ids, 4, 3, width);
    const expected = [0, 1, 2].flatMap((r) =>
      row(x, r).map((v) => 1 + v * ([2, 0, 3][r] as number)),
    );
    expect(worst(sums, expected)).toBeLessThan(1e-6);
  });
});
