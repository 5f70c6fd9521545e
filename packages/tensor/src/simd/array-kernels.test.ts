import { describe, expect, it } from 'vitest';
import { areKernelsCompiled, loadKernels } from './kernels.js';

describe.skipIf(!areKernelsCompiled())('kernels of whole arrays', () => {
  it('sum a million numbers as float64 does, over all and over rows', () => {
    const { sum } = loadKernels();
    const x = Float32Array.from({ length: 1_000_000 }, (_, i) => 1 + Math.sin(i));
    const exact = x.reduce((total, value) => total + value, 0);
    const out = new Float32Array(2);
    sum(out, x, 1, x.length, 1, 1);
    expect(Math.abs(out[0] - exact) / exact).toBeLessThan(1e-7);
    sum(out, x, 1, x.length / 2, 2, 1);
    expect(Math.abs(out[0] + out[1] - exact) / exact).toBeLessThan(1e-6);
  });

  it('refuse a layout that leads out of an array', () => {
    const { copy, add } = loadKernels();
    const six = new Float32Array(6);
    expect(() => copy(six, six, Int32Array.of(2, 3, 3, 1, 4, 1), 2, 0, 0)).toThrow(
      'copy: needs a Float32Array of at least 7 numbers as argument 2',
    );
    expect(() => copy(six, six, Int32Array.of(3, 1, 1), 1, 4, 0)).toThrow('as argument 1');
    expect(() => add(six, six, six, Int32Array.of(3, -1, 1), 1)).toThrow('no stride negative');
    expect(() => add(six, six, six, new Int32Array(0), 0)).toThrow('at least one size');
  });
});
