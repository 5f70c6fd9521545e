import { describe, expect, test } from 'vitest';
import { areKernelsCompiled, loadKernels } from './kernels.js';

const numbers = (count: number, scale = 2, shift = 0) =>
  Float32Array.from({ length: count }, (_, i) => scale * Math.sin(1 + 2.7 * i + shift));
/** Largest difference, NaN where one is. */
const worst = (actual: ArrayLike<number>, expected: ArrayLike<number>) => {
  expect(actual.length).toBe(expected.length);
  return Array.from(actual).reduce((most, x, i) => Math.max(most, Math.abs(x - expected[i])), 0);
};
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

describe.skipIf(!areKernelsCompiled())('the kernels between products', () => {
  test.each([1, 7, 96, 40_001])('swiGlu and both gelus of %i numbers', (count) => {
    const [gate, up, out] = [numbers(count, 6), numbers(count, 2, 1), new Float32Array(count)];
    loadKernels().swiGlu(out, gate, up, count);
    const rows = Int32Array.of(1, 0, 1);
    const picked = new Float32Array(3 * count);
    const [gates, ups] = [gate, up].map((x) => Float32Array.from([...x.map((v) => -v), ...x]));
    loadKernels().swiGluRows(picked, gates, ups, rows, 3, 2, count);
    expect(picked.subarray(0, count)).toEqual(out);
    expect(picked.subarray(2 * count)).toEqual(out);
    expect(
      worst(
        out,
        gate.map((g, i) => g * sigmoid(g) * up[i]),
      ),
    ).toBeLessThan(2e-6);
    loadKernels().geluTanh(out, gate, count);
    const inner = (x: number) => Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3);
    expect(
      worst(
        out,
        gate.map((x) => (x / 2) * (1 + Math.tanh(inner(x)))),
      ),
    ).toBeLessThan(1e-6);
    loadKernels().gelu(gate, gate, count); // in place
    const [first] = numbers(1, 6);
    expect(gate[0]).toBeCloseTo(first * normalDistribution(first), 5);
  });

  test('softCap stays within its cap', () => {
    const table = Float32Array.from({ length: 33 }, (_, i) => i - 10);
    const out = new Float32Array(33);
    loadKernels().softCap(out, table, 5, 33);
    for (const [i, x] of table.entries()) expect(out[i]).toBeCloseTo(5 * Math.tanh(x / 5), 5);
  });

  test('gelu from far below zero to far above', () => {
    const x = Float32Array.from({ length: 241 }, (_, i) => (i - 120) / 20);
    const out = new Float32Array(x.length);
    loadKernels().gelu(out, x, x.length);
    expect(
      worst(
        out,
        x.map((z) => z * normalDistribution(z)),
      ),
    ).toBeLessThan(1e-6);
  });

  test('infinities and NaN go through as in the equations', () => {
    const x = Float32Array.of(Number.NaN, Number.POSITIVE_INFINITY, -100, 100, 0);
    const out = new Float32Array(5);
    loadKernels().swiGlu(out, x, new Float32Array(5).fill(1), 5);
    expect([...out]).toEqual([Number.NaN, Number.POSITIVE_INFINITY, expect.closeTo(0, 6), 100, 0]);
    loadKernels().gelu(out, x, 5);
    expect([...out]).toEqual([Number.NaN, Number.POSITIVE_INFINITY, expect.closeTo(0, 6), 100, 0]);
  });

  test.each([
    [1, 1],
    [3, 7],
    [1, 96],
    [700, 64],
  ])('norms of %i rows of %i', (rows, width) => {
    const [x, weight, bias] = [numbers(rows * width), numbers(width, 1, 2), numbers(width, 1, 3)];
    const out = new Float32Array(rows * width);
    const [mean, inverse] = [new Float32Array(rows), new Float32Array(rows)];
    const perRow = (f: (row: Float32Array) => number) =>
      Float32Array.from({ length: rows }, (_, r) => f(x.subarray(r * width, (r + 1) * width)));
    const average = (row: Float32Array, f: (v: number) => number) =>
      row.reduce((sum, v) => sum + f(v), 0) / width;

    const r = perRow((row) => 1 / Math.sqrt(average(row, (v) => v * v) + 1e-5));
    loadKernels().rmsNorm(out, x, weight, rows, width, 1e-5, 1, inverse);
    expect(worst(inverse, r)).toBeLessThan(1e-5);
    const scaled = x.map((v, i) => v * r[Math.floor(i / width)] * (1 + weight[i % width]));
    expect(worst(out, scaled)).toBeLessThan(1e-5);

    const mu = perRow((row) => average(row, (v) => v));
    const s = perRow((row) => {
      const centre = average(row, (v) => v);
      return 1 / Math.sqrt(average(row, (v) => (v - centre) ** 2) + 1e-2);
    });
    loadKernels().layerNorm(out, x, weight, bias, rows, width, 1e-2, mean, inverse);
    expect(worst(mean, mu)).toBeLessThan(1e-5);
    expect(worst(inverse, s)).toBeLessThan(1e-4);
    const normal = x.map((v, i) => {
      const row = Math.floor(i / width);
      return (v - mu[row]) * s[row] * weight[i % width] + bias[i % width];
    });
    expect(worst(out, normal)).toBeLessThan(1e-5);
  });

  test('rotary turns pairs by the angle of their row, leaves the rest, and turns back', () => {
    const [rows, heads, size, turned] = [5, 3, 22, 18];
    const x = numbers(rows * heads * size);
    const angle = (row: number, i: number) => row * 0.7 ** (i % 9);
    const table = (f: (angle: number) => number) =>
      Float32Array.from({ length: rows * turned }, (_, i) =>
        f(angle(Math.floor(i / turned), i % turned)),
      );
    const [cos, sin] = [table(Math.cos), table(Math.sin)];
    const out = new Float32Array(x.length);
    loadKernels().rotary(out, x, cos, sin, rows, heads, size, turned, false);
    const expected = x.map((v, at) => {
      const [row, i] = [Math.floor(at / heads / size), at % size];
      if (i >= turned) return v;
      const partner = i < 9 ? -x[at + 9] : x[at - 9];
      return v * Math.cos(angle(row, i)) + partner * Math.sin(angle(row, i));
    });
    expect(worst(out, expected)).toBeLessThan(1e-6);
    loadKernels().rotary(out, out, cos, sin, rows, heads, size, turned, true);
    expect(worst(out, x)).toBeLessThan(1e-6);
  });

  test('an array that is too short is an error', () => {
    expect(() => loadKernels().gelu(new Float32Array(3), new Float32Array(4), 4)).toThrow(
      'gelu: needs a Float32Array of at least 4 numbers as argument 1',
    );
  });
});

/** Φ(x) = 1/2 + φ(0) Σ (−x²/2)ⁿ x / (n! (2n + 1)); 0 or 1 where float32 knows no more. */
function normalDistribution(x: number): number {
  if (Math.abs(x) > 6) return x > 0 ? 1 : 0;
  let term = x / Math.sqrt(2 * Math.PI);
  let sum = 0.5 + term;
  for (let n = 1; n < 120; n++) {
    term *= (-x * x) / 2 / n;
    sum += term / (2 * n + 1);
  }
  return sum;
}
