import { spawnSync } from 'node:child_process';
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
