// Compiles the kernels for the processor of this machine: `node cpp/compile.mjs`, a few seconds, no download.
// Where that cannot be done it says why and ends with 0: the other backends need none of it.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const sources = fileURLToPath(new URL('.', import.meta.url));
const build = fileURLToPath(new URL('../build/', import.meta.url));
const addon = join(build, 'simd.node');
const mark = join(build, 'simd.json');
const compiler = process.env.CXX ?? 'c++';
const ownFlags = process.env.CXXFLAGS?.split(' ').filter(Boolean) ?? [];

/** What a binary is good for: the sources and the command, the processor that it was compiled on, and the platform. */
function fingerprint() {
  const hash = createHash('sha256');
  for (const file of readdirSync(sources).sort()) hash.update(readFileSync(join(sources, file)));
  hash.update([compiler, ...ownFlags].join(' '));
  const processor = cpus()[0]?.model ?? 'unknown';
  return {
    sources: hash.digest('hex'),
    processor,
    platform: `${process.platform}-${process.arch}`,
  };
}

/** @returns why nothing was compiled, or undefined */
async function compile() {
  if (process.platform === 'win32') return 'Windows is not supported yet.';
  const wanted = JSON.stringify(fingerprint());
  if (existsSync(addon) && existsSync(mark) && readFileSync(mark, 'utf8') === wanted) return;
  const { include_dir: headers } = createRequire(import.meta.url)('node-api-headers');
  const processor = process.arch === 'arm64' ? '-mcpu=native' : '-march=native';
  const flags = ['-std=c++17', '-O3', processor, '-fPIC', `-I${headers}`, ...ownFlags];
  const link = process.platform === 'darwin' ? ['-undefined', 'dynamic_lookup'] : ['-pthread'];
  const aside = mkdtempSync(join(tmpdir(), 'grpo-simd-'));
  try {
    // The longest first, so that none is left over for one core at the end.
    const files = readdirSync(sources)
      .filter((file) => file.endsWith('.cc'))
      .sort((a, b) => statSync(join(sources, b)).size - statSync(join(sources, a)).size);
    const waiting = [...files];
    const work = async () => {
      for (let file = waiting.shift(); file; file = waiting.shift()) {
        await run([...flags, '-c', file, '-o', join(aside, `${file}.o`)]);
      }
    };
    await Promise.all(Array.from({ length: availableParallelism() }, work));
    const objects = files.map((file) => join(aside, `${file}.o`));
    mkdirSync(build, { recursive: true });
    const made = join(build, `simd.${process.pid}.node`);
    await run(['-shared', ...link, '-o', made, ...objects]);
    renameSync(made, addon);
    writeFileSync(mark, wanted);
  } catch (error) {
    return error.message;
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}

/** Runs the compiler. @throws where it does not end well */
async function run(args) {
  const child = spawn(compiler, args, { cwd: sources, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (text) => {
    said += text;
  });
  const [status] = await once(child, 'close').catch(({ message }) => {
    throw new Error(
      `${compiler} did not start (${message}). Install a C++ compiler, or name one in CXX.`,
    );
  });
  if (status !== 0) throw new Error(`${compiler} ended with ${status}:\n${said}`);
}

const reason = await compile();
if (reason !== undefined)
  console.warn(`@grpo/tensor: the simd backend was not compiled. ${reason}`);
