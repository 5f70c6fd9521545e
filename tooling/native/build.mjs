// Compiles the package's addon, two C++ files, with one call of the compiler. node-gyp would do
// the same after downloading Node's headers, which stand beside Node already.
import { existsSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { run } from './process.mjs';

const LONGEST_COMPILE_MS = 300_000; // 10 s on two cores; a loaded machine may need minutes

/** Where the headers of this Node are, or an error that says what to do. */
export function findNodeHeaders({ env = process.env, execPath = process.execPath } = {}) {
  const prefix = dirname(dirname(realpathSync(execPath)));
  const version = process.versions.node;
  const places = [
    env.npm_config_nodedir && join(env.npm_config_nodedir, 'include', 'node'),
    join(prefix, 'include', 'node'),
    join(homedir(), '.cache', 'node-gyp', version, 'include', 'node'),
  ].filter(Boolean);
  const found = places.find((place) => existsSync(join(place, 'node_api.h')));
  if (found) return found;
  throw new Error(
    "Node's header files are missing. Install Node from nodejs.org, which brings them, or name a folder that holds include/node: npm config set nodedir <folder>",
  );
}

/** The first C++ compiler that answers, or an error that says what to do. */
export async function findCompiler(env = process.env) {
  const names = [env.CXX, 'g++', 'c++', 'clang++'].filter(Boolean);
  for (const name of names) {
    const { status } = await run(name, ['--version'], { silenceMs: 10_000 });
    if (status === 0) return name;
  }
  throw new Error('there is no C++ compiler. Install g++ (Debian, Ubuntu: apt install g++)');
}

/**
 * Compiles the addon of `tfjsNode` against the libraries and headers in `tensorflow`.
 *
 * @param tensorflow a folder with `lib/` and `include/`
 * @param output the file to write
 */
export async function compileAddon({ compiler, headers, tfjsNode, tensorflow, output }) {
  const binding = join(tfjsNode.folder, 'binding');
  const result = await run(
    compiler,
    [
      ...['-std=c++17', '-O2', '-shared', '-fPIC'],
      ...[`-DNAPI_VERSION=${tfjsNode.napi}`, '-DBUILDING_NODE_EXTENSION'],
      ...['-I', headers, '-I', dirname(tfjsNode.folder), '-I', join(tensorflow, 'include')],
      ...[join(binding, 'tfjs_backend.cc'), join(binding, 'tfjs_binding.cc')],
      ...['-L', join(tensorflow, 'lib')],
      ...['-l:libtensorflow_cc.so.2', '-l:libtensorflow_framework.so.2'],
      // Relative to the addon, as the package's own installer has it: node_modules may move.
      ...['-Wl,-rpath,$ORIGIN/../../deps/lib', '-o', output],
    ],
    { silenceMs: LONGEST_COMPILE_MS },
  );
  if (result.status === 0) return;
  if (result.isSilent) throw new Error('the compiler did not finish within five minutes');
  const line = result.output.split('\n').find((text) => /error|cannot/.test(text));
  throw new Error(`the compiler failed: ${line ?? `exit ${result.status}`}`);
}
