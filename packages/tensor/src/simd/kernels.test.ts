import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { areKernelsCompiled, loadKernels } from './kernels.js';

describe.skipIf(!areKernelsCompiled())('the compiled kernels', () => {
  it('are loaded once and know their threads', () => {
    expect(loadKernels()).toBe(loadKernels());
    expect(loadKernels().threads()).toBeGreaterThanOrEqual(1);
  });

  it('refuse an array that is too short, and one of another type', () => {
    const { pack } = loadKernels();
    const six = new Float32Array(6);
    expect(() => pack(six, six, 2, 3, false)).toThrow(
      /pack: needs a Float32Array of at least \d+ numbers as argument 1, got another/,
    );
    const wrong = new Int32Array(6) as unknown as Float32Array;
    expect(() => pack(new Float32Array(1000), wrong, 2, 3, false)).toThrow('as argument 2');
    expect(() => pack(six, six, 1.5, 3, false)).toThrow('a whole number of at least 0');
  });

  it('give the same bits whatever the number of threads', () => {
    const addon = fileURLToPath(new URL('../../build/simd.node', import.meta.url));
    const program = `
      const kernels = require(${JSON.stringify(addon)});
      const hash = require('node:crypto').createHash('sha256');
      const fill = (count) => Float32Array.from({ length: count }, (_, i) => Math.sin(i));
      const out = (length, write) => {
        const array = new Float32Array(length);
        write(array);
        hash.update(array);
      };
      const [m, n, k] = [301, 210, 700];
      out(m * n, (y) => kernels.matmul(y, fill(m * k), fill(k * n), m, n, k, false, false, 1, 0, 0, false));
      out(n * m, (y) => kernels.matmul(y, fill(k * n), fill(k * m), n, m, k, true, false, 1, 0, 0, false));
      const packed = new Float32Array(kernels.packedSize(n, k));
      kernels.pack(packed, fill(n * k), n, k, false);
      out(9 * n, (y) => kernels.linear(y, fill(9 * k), packed, 9, n, k));
      const [rows, width] = [701, 233];
      const x = fill(rows * width);
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
});

describe('compile.mjs', () => {
  const sources = fileURLToPath(new URL('../../cpp', import.meta.url));
  const modules = fileURLToPath(new URL('../../node_modules', import.meta.url));
  let folder = '';

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'grpo-compile-'));
    cpSync(sources, join(folder, 'cpp'), { recursive: true });
    symlinkSync(modules, join(folder, 'node_modules'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const compile = (CXX: string) =>
    spawnSync(process.execPath, ['cpp/compile.mjs'], {
      cwd: folder,
      env: { ...process.env, CXX },
      encoding: 'utf8',
    });

  it('says why it cannot compile, and lets the install go on', () => {
    const { status, stderr } = compile('no-such-compiler');
    expect(status).toBe(0);
    expect(stderr).toContain('the simd backend was not compiled. no-such-compiler did not start');
  });

  it('shows what the compiler says', () => {
    const { status, stderr } = compile('false');
    expect(status).toBe(0);
    expect(stderr).toContain('false ended with 1');
  });
});
