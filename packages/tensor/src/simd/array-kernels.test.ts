import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { areKernelsCompiled, loadKernels } from './kernels.js';

describe.skipIf(!areKernelsCompiled())('kernels of whole arrays', () => {
  it('give the same bits whatever the number of threads', () => {
    const addon = fileURLToPath(new URL('../../build/simd.node', import.meta.url));
    const program = `
      const kernels = require(${JSON.stringify(addon)});
      const hash = require('node:crypto').createHash('sha256');
      const [rows, width] = [701, 233];
      const x = Float32Array.from({ length: rows * width }, (_, i) => Math.sin(i));
      const out = (length, write) => {
        const array = new Float32Array(length);
        write(array);
        hash.update(array);
      };
      out(1, (y) => kernels.sum(y, x, 1, x.length, 1, 1));
      out(width, (y) => kernels.sum(y, x, 1, rows, width, 1));
      out(rows, (y) => kernels.max(y, x, rows, width, 1, 1));
      out(x.length, (y) => kernels.softmax(y, x, rows, width));
      out(x.length, (y) => kernels.add(y, x, x, Int32Array.of(rows, width, width, 1, 0, 1), 2));
      out(x.length, (y) => kernels.copy(y, x, Int32Array.of(width, rows, rows, 1, 1, width), 2, 0, 0));
      console.log(kernels.threads(), hash.digest('hex'));`;
    const run = (threads: string) =>
      execFileSync(process.execPath, ['-e', program], {
        env: { ...process.env, GRPO_THREADS: threads },
        encoding: 'utf8',
      })
        .trim()
        .split(' ');
    const [one, three] = [run('1'), run('3')];
    expect([one[0], three[0]]).toEqual(['1', '3']);
    expect(three[1]).toBe(one[1]);
  });

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
