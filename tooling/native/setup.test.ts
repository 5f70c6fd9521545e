import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { setUp } from './setup.mjs';
import {
  addToPath,
  fakeClone,
  fakeCompiler,
  fakePython,
  setEnvironment,
  temporaryFolder,
} from './testing.js';

/** Runs the set-up and returns its last line and every line before it. */
async function set(from: string, env: Record<string, string> = {}, ways?: unknown) {
  const said: string[] = [];
  const say = (line: string) => said.push(line);
  const last = await setUp({ env, from, say, ...(ways ? { ways } : {}) });
  return { last, said: said.join('\n') };
}

test.each(['wasm', 'cpu'])('GRPO_BACKEND=%s returns at once and looks at nothing', async (name) => {
  const { last } = await set('/nowhere', { GRPO_BACKEND: name });
  expect(last).toBe(`backend: ${name} (GRPO_BACKEND asks for it)`);
});

test('a clone without the package is told so and uses wasm', async () => {
  const from = temporaryFolder();
  writeFileSync(join(from, 'package.json'), '{}');
  const { last, said } = await set(from, { GRPO_CACHE: temporaryFolder() });
  expect(said).toContain('the package is not installed');
  expect(last).toMatch(/^backend: wasm /);
});

test('a backend that is asked for by name and missing is not replaced in the last line', async () => {
  const { from } = fakeClone();
  const cache = { GRPO_CACHE: temporaryFolder() };
  expect((await set(from, { ...cache, GRPO_BACKEND: 'native' }, [])).last).toMatch(
    /^backend: none /,
  );
  expect((await set(from, { ...cache, GRPO_BACKEND: 'gpu' }, [])).last).toMatch(/^backend: none /);
});

test('a backend that does not exist is said, because a run would stop at it', async () => {
  const { last } = await set('/nowhere', { GRPO_BACKEND: 'cuda' });
  expect(last).toBe(
    'backend: none (GRPO_BACKEND needs one of gpu, simd, native, wasm, cpu, got "cuda")',
  );
});

test('an addon that is there and cannot load is taken away, so that a run goes on to wasm', async () => {
  const { from, folder } = fakeClone();
  mkdirSync(join(folder, 'lib', 'napi-v8'), { recursive: true });
  writeFileSync(join(folder, 'lib', 'napi-v8', 'tfjs_binding.node'), 'broken');
  const { last } = await set(from, { GRPO_CACHE: temporaryFolder() }, []);
  expect(last).toMatch(/^backend: wasm /);
  expect(existsSync(join(folder, 'lib'))).toBe(false);
});

test('a cache that cannot be written is a reason, not a failure', async () => {
  const { from } = fakeClone();
  const file = join(temporaryFolder(), 'a-file');
  writeFileSync(file, '');
  const { last, said } = await set(from, { GRPO_CACHE: file });
  expect(said).toContain('native: stopped: ');
  expect(last).toMatch(/^backend: wasm /);
});

describe.skipIf(process.platform !== 'linux')('the whole ladder on a machine of stand-ins', () => {
  /** Makes this the installer's host, which has the file or has not. */
  async function setInstallerHost(status: number) {
    const server = createServer((_, response) => response.writeHead(status).end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const none = { HTTPS_PROXY: '', HTTP_PROXY: '', https_proxy: '', http_proxy: '' };
    setEnvironment({ ...none, TFJS_NODE_CDN_STORAGE: `http://127.0.0.1:${port}/` });
  }

  /** The installer's host has nothing; pip and the compiler work. */
  async function machine() {
    const tools = temporaryFolder();
    const pip = fakePython(tools);
    const compiler = fakeCompiler(tools);
    const cache = temporaryFolder();
    addToPath(tools);
    setEnvironment({ CXX: compiler.file });
    await setInstallerHost(404);
    const count = (log: string) => readFileSync(log, 'utf8').split('\n').length - 1;
    return {
      entries: join(cache, 'native'),
      run: (from: string) => set(from, { GRPO_CACHE: cache }),
      downloads: () => count(pip),
      compilations: () => count(compiler.log),
    };
  }
  const native = 'backend: native (TensorFlow 2.21.0 on the processor)';

  test('the first set-up falls through to the wheel, the second does nothing', async () => {
    const { run, entries, downloads, compilations } = await machine();
    const { from, folder } = fakeClone();
    const first = await run(from);
    expect(first.last).toBe(native);
    expect(first.said).toContain("the package's own installer: no, ");
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    expect(files.concat(readdirSync(entries)).filter((name) => /tmp|lock/.test(name))).toEqual([]);

    const second = await run(from);
    expect(second).toEqual({ last: native, said: 'native: it loads already, nothing to do.' });
    expect([downloads(), compilations()]).toEqual([1, 1]);
  });

  test('a second clone, and a node_modules that was replaced, take everything from the cache', async () => {
    const { run, downloads, compilations } = await machine();
    const first = fakeClone();
    await run(first.from);
    expect((await run(fakeClone().from)).last).toBe(native);
    rmSync(join(first.folder, 'lib'), { recursive: true });
    rmSync(join(first.folder, 'deps'), { recursive: true });
    expect((await run(first.from)).last).toBe(native);
    expect([downloads(), compilations()]).toEqual([1, 1]);
  });

  test('two clones that are set up at once share one download', async () => {
    const { run, downloads } = await machine();
    const both = await Promise.all([run(fakeClone().from), run(fakeClone().from)]);
    expect(both.map(({ last }) => last)).toEqual([native, native]);
    expect(both.some(({ said }) => said.includes('is at work, waiting'))).toBe(true);
    expect(downloads()).toBe(1);
  });

  test('libraries in the cache that no longer match their hash are fetched again', async () => {
    const { run, entries, downloads } = await machine();
    await run(fakeClone().from);
    const tensorflow = readdirSync(entries).find((name) => name.startsWith('tensorflow-'));
    writeFileSync(join(entries, `${tensorflow}`, 'lib', 'libtensorflow_cc.so.2'), 'LIBRARY');
    expect((await run(fakeClone().from)).last).toBe(native);
    expect(downloads()).toBe(2);
  });

  test('an addon in the cache that was cut short is compiled again, without a download', async () => {
    const { run, entries, downloads, compilations } = await machine();
    await run(fakeClone().from);
    const addon = readdirSync(entries).find((name) => name.startsWith('tfjs-node-'));
    writeFileSync(join(entries, `${addon}`, 'tfjs_binding.node'), 'ad');
    expect((await run(fakeClone().from)).last).toBe(native);
    expect([downloads(), compilations()]).toEqual([1, 2]);
  });

  test('what an interrupted set-up left in cache and package is cleaned away', async () => {
    const { run, entries } = await machine();
    const { from, folder } = fakeClone();
    const half = join(entries, 'tensorflow.4711.tmp', 'download');
    mkdirSync(half, { recursive: true });
    writeFileSync(join(half, 'half.whl'), 'half');
    writeFileSync(join(entries, 'lock'), '{"pid":2147483646,"host":"gone","id":"x"}');
    utimesSync(join(entries, 'lock'), 1_000_000, 1_000_000);
    const addons = join(folder, 'lib', 'napi-v8');
    mkdirSync(addons, { recursive: true });
    writeFileSync(join(addons, 'tfjs_binding.node.4711.tmp'), 'ad');
    expect((await run(from)).last).toBe(native);
    expect(readdirSync(entries).filter((name) => /tmp|lock/.test(name))).toEqual([]);
    expect(readdirSync(addons)).toEqual(['tfjs_binding.node']);
  });

  test('an installer that works is taken before the wheel, and kept for the next clone', async () => {
    const { run, downloads } = await machine();
    await setInstallerHost(200);
    const installer = `const fs = require('node:fs');
      fs.mkdirSync('deps/lib', { recursive: true });
      fs.mkdirSync('lib/napi-v8', { recursive: true });
      fs.writeFileSync('deps/lib/libtensorflow_cc.so.2', 'library');
      fs.writeFileSync('lib/napi-v8/tfjs_binding.node', 'addon');`;
    const first = await run(fakeClone({ installer }).from);
    expect(first.last).toBe(native);
    const second = await run(fakeClone({ installer: 'process.exit(1)' }).from);
    expect(second.last).toBe(native);
    expect(second.said).toContain('what an earlier set-up left in the cache: it loads');
    expect(downloads()).toBe(0);
  });
});
