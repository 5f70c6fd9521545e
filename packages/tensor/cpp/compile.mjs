// Compiles the kernels for the processor of this machine: `node cpp/compile.mjs`, a few seconds, no download.
// Where that cannot be done it says why and ends with 0: the other backends need none of it.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const sources = fileURLToPath(new URL('.', import.meta.url));
const build = fileURLToPath(new URL('../build/', import.meta.url));
const addon = join(build, 'simd.node');
const mark = join(build, 'simd.json');

/** What a binary is good for: the sources, the processor that it was compiled on, and the platform. */
function fingerprint() {
  const hash = createHash('sha256');
  for (const file of readdirSync(sources).sort()) hash.update(readFileSync(join(sources, file)));
  const processor = cpus()[0]?.model ?? 'unknown';
  return {
    sources: hash.digest('hex'),
    processor,
    platform: `${process.platform}-${process.arch}`,
  };
}

/** @returns why nothing was compiled, or undefined */
function compile() {
  if (process.platform === 'win32') return 'Windows is not supported yet.';
  const wanted = JSON.stringify(fingerprint());
  if (existsSync(addon) && existsSync(mark) && readFileSync(mark, 'utf8') === wanted) return;
  const { include_dir: headers } = createRequire(import.meta.url)('node-api-headers');
  const files = readdirSync(sources).filter((file) => file.endsWith('.cc'));
  mkdirSync(build, { recursive: true });
  const aside = join(build, `simd.${process.pid}.node`);
  const processor = process.arch === 'arm64' ? '-mcpu=native' : '-march=native';
  const link = process.platform === 'darwin' ? ['-undefined', 'dynamic_lookup'] : ['-pthread'];
  const compiler = process.env.CXX ?? 'c++';
  const flags = [
    '-std=c++17',
    '-O3',
    '-fno-math-errno',
    processor,
    '-fPIC',
    '-shared',
    `-I${headers}`,
    ...link,
  ];
  const { status, error, stderr } = spawnSync(compiler, [...flags, '-o', aside, ...files], {
    cwd: sources,
    encoding: 'utf8',
  });
  if (error)
    return `${compiler} did not start (${error.message}). Install a C++ compiler, or name one in CXX.`;
  if (status !== 0) return `${compiler} ended with ${status}:\n${stderr}`;
  renameSync(aside, addon);
  writeFileSync(mark, wanted);
}

const reason = compile();
if (reason !== undefined)
  console.warn(`@grpo/tensor: the simd backend was not compiled. ${reason}`);
