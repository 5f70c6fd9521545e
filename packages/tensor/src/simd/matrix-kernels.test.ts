import { describe, expect, it } from 'vitest';
import { areKernelsCompiled, loadKernels } from './kernels.js';

/** Numbers between −1 and 1 that do not repeat soon. */
const numbers = (count: number, seed: number) =>
  Float32Array.from({ length: count }, (_, i) => Math.sin(12.9898 * (i + 1) + 78.233 * seed));

/** op(a) op(b) in float64. */
function reference(
  a: Float32Array,
  b: Float32Array,
  [m, n, k]: readonly [number, number, number],
  transposeA: boolean,
  transposeB: boolean,
): Float64Array {
  const out = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      for (let p = 0; p < k; p++) {
        const left = transposeA ? a[p * m + i] : a[i * k + p];
        out[i * n + j] += left * (transposeB ? b[j * k + p] : b[p * n + j]);
      }
    }
  }
  return out;
}

const largestDifference = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((most, x, i) => Math.max(most, Math.abs(x - b[i])), 0);

// Below, at and above every block of the kernel: tiles of 6 to 14 rows and 8 to 32 columns, 512 deep.
const SHAPES: readonly (readonly [number, number, number])[] = [
  [1, 1, 1],
  [1, 64, 300],
  [2, 3, 5],
  [6, 16, 256],
  [7, 17, 513],
  [13, 33, 31],
  [32, 96, 64],
  [97, 130, 1030],
  [230, 48, 40],
];

describe.skipIf(!areKernelsCompiled())('products on the simd backend', () => {
  for (const shape of SHAPES) {
    const [m, n, k] = shape;
    const a = numbers(m * k, 1);
    const b = numbers(k * n, 2);
    const tolerance = 2e-6 * k + 1e-6;

    it.each([
      [false, false],
      [false, true],
      [true, false],
      [true, true],
    ])(`${m} x ${n} x ${k}, transposed %s and %s`, (ta, tb) => {
      const wanted = reference(a, b, shape, ta, tb);
      const out = numbers(m * n, 3); // is overwritten
      loadKernels().matmul(out, a, b, m, n, k, ta, tb, 1, 0, 0, false);
      expect(largestDifference(out, wanted)).toBeLessThan(tolerance);
      loadKernels().matmul(out, a, b, m, n, k, ta, tb, 1, 0, 0, true);
      expect(
        largestDifference(
          out,
          wanted.map((x) => 2 * x),
        ),
      ).toBeLessThan(2 * tolerance);
    });

    it.each([false, true])(`a packed weight, ${m} x ${n} x ${k}, in-out %s`, (isInOut) => {
      const { linear, pack, packedSize } = loadKernels();
      const packed = new Float32Array(packedSize(n, k));
      pack(packed, b, n, k, isInOut);
      const product = reference(a, b, shape, false, !isInOut);
      const out = new Float32Array(m * n);
      linear(out, a, packed, m, n, k);
      expect(largestDifference(out, product)).toBeLessThan(tolerance);
      const [bias, residual] = [numbers(n, 4), numbers(m * n, 5)];
      const wanted = product.map((x, i) => x + bias[i % n] + residual[i]);
      linear(residual, a, packed, m, n, k, bias, residual); // in place
      expect(largestDifference(residual, wanted)).toBeLessThan(tolerance);
    });
  }

  it.each([
    [3, 40, 300],
    [32, 96, 64],
    [230, 48, 40],
  ])('several products of one x, %i rows, %i and %i wide', (m, n, k) => {
    const { gatedLinear, linear, linears, pack, packedSize } = loadKernels();
    const x = numbers(m * k, 1);
    const widths = [n, 17, 1];
    const weights = widths.map((width, i) => {
      const packed = new Float32Array(packedSize(width, k));
      pack(packed, numbers(k * width, 2 + i), width, k, false);
      return packed;
    });
    const biases = widths.map((width, i) => (i === 1 ? undefined : numbers(width, 7 + i)));
    const make = () => widths.map((width) => new Float32Array(m * width));
    const [outs, alone] = [make(), make()];
    linears(outs, x, weights, biases, Int32Array.from(widths), widths.length, m, k);
    for (const [i, width] of widths.entries()) {
      linear(alone[i], x, weights[i], m, width, k, biases[i]);
    }
    expect(outs).toEqual(alone);

    const [gate, up, out] = [0, 1, 2].map(() => new Float32Array(m * n));
    const weight = new Float32Array(packedSize(n, k));
    pack(weight, numbers(k * n, 9), n, k, false);
    gatedLinear(out, gate, up, x, weights[0], weight, m, n, k, undefined, biases[0]);
    linear(alone[0], x, weights[0], m, n, k);
    expect(gate).toEqual(alone[0]);
    linear(alone[0], x, weight, m, n, k, biases[0]);
    expect(up).toEqual(alone[0]);
    for (const [i, g] of gate.entries()) {
      const gated = (g / (1 + Math.exp(-g))) * up[i];
      expect(Math.abs(out[i] - gated)).toBeLessThan(1e-6 * (1 + Math.abs(gated)));
    }
  });

  it('an x of no columns is an error', () => {
    const none = new Float32Array();
    expect(() => loadKernels().linear(none, none, none, 0, 0, 0)).toThrow(
      'linear: needs at least 1 as argument 6',
    );
  });

  it('takes batches, also of one matrix that all share', () => {
    const [batch, m, n, k] = [3, 5, 18, 7];
    const a = numbers(batch * m * k, 1);
    const b = numbers(k * n, 2);
    const out = new Float32Array(batch * m * n);
    loadKernels().matmul(out, a, b, m, n, k, false, false, batch, m * k, 0, false);
    for (let i = 0; i < batch; i++) {
      const own = reference(a.subarray(i * m * k), b, [m, n, k], false, false);
      expect(largestDifference(out.subarray(i * m * n, (i + 1) * m * n), own)).toBeLessThan(1e-5);
    }
  });

  it('is 0 where nothing is summed', () => {
    const out = Float32Array.of(1, 2, 3, 4);
    loadKernels().matmul(
      out,
      new Float32Array(),
      new Float32Array(),
      2,
      2,
      0,
      false,
      false,
      1,
      0,
      0,
      false,
    );
    expect([...out]).toEqual([0, 0, 0, 0]);
  });
});
