import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { compileAddon, findCompiler, findNodeHeaders } from './build.mjs';
import { fakeProgram, temporaryFolder } from './testing.js';

const isWindows = process.platform === 'win32';

/** A Node that was installed without its headers. */
function bareNode() {
  const prefix = temporaryFolder();
  mkdirSync(join(prefix, 'bin'));
  writeFileSync(join(prefix, 'bin', 'node'), '');
  return { prefix, execPath: join(prefix, 'bin', 'node') };
}

function withHeaders(prefix: string) {
  const headers = join(prefix, 'include', 'node');
  mkdirSync(headers, { recursive: true });
  writeFileSync(join(headers, 'node_api.h'), '');
  return headers;
}

test("Node's headers are found beside Node", () => {
  const { prefix, execPath } = bareNode();
  const headers = withHeaders(prefix);
  expect(findNodeHeaders({ env: {}, execPath })).toBe(headers);
});

test("npm's nodedir comes first where the user has set it", () => {
  const { prefix, execPath } = bareNode();
  withHeaders(prefix);
  const nodedir = temporaryFolder();
  const headers = withHeaders(nodedir);
  expect(findNodeHeaders({ env: { npm_config_nodedir: nodedir }, execPath })).toBe(headers);
});

test.skipIf(isWindows)('a compiler that the environment names is taken', async () => {
  const compiler = fakeProgram(temporaryFolder(), 'my-compiler', '');
  expect(await findCompiler({ CXX: compiler })).toBe(compiler);
});

test.skipIf(isWindows)('a compiler that fails is quoted with its first error', async () => {
  const folder = temporaryFolder();
  const compiler = fakeProgram(
    folder,
    'g++',
    'printf "In file included from here\\nfatal error: no c_api.h\\n" >&2; exit 1',
  );
  const tfjsNode = { folder, napi: 8 };
  const output = join(folder, 'addon');
  const attempt = compileAddon({ compiler, headers: folder, tfjsNode, tensorflow: folder, output });
  await expect(attempt).rejects.toThrow('the compiler failed: fatal error: no c_api.h');
});
