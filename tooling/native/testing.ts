// Stand-ins for the tests: a package that loads when its addon and libraries are in place, and
// programs named python3 and g++ that do what a test tells them.
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { onTestFinished, vi } from 'vitest';

/** A folder that is removed when the test ends. */
export function temporaryFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'grpo-native-')));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const FAKE_TFJS_NODE = `
  const { existsSync, readFileSync } = require('node:fs');
  const addon = __dirname + '/lib/napi-v8/tfjs_binding.node';
  if (!existsSync(addon)) throw new Error('addon module (tfjs_binding.node) can not be found');
  const library = readFileSync(__dirname + '/deps/lib/libtensorflow_cc.so.2', 'utf8');
  if (library !== 'library') throw new Error('libtensorflow_cc.so.2: invalid ELF header');
  if (readFileSync(addon, 'utf8') !== 'addon') throw new Error('tfjs_binding.node: file too short');
  exports.matMul = () => ({ dataSync: () => [11] });
  exports.backend = () => ({ binding: { TF_Version: '2.21.0' } });
`;

/**
 * A consumer with @tensorflow/tfjs-node in its node_modules, as a package manager leaves it.
 *
 * @returns the consumer's folder and the package's
 */
export function fakeClone({ installer = 'process.exit(1)' } = {}) {
  const from = temporaryFolder();
  const folder = join(from, 'node_modules', '@tensorflow', 'tfjs-node');
  mkdirSync(join(folder, 'scripts'), { recursive: true });
  const binary = { napi_versions: [3, 4, 5, 6, 7, 8] };
  const manifest = { name: '@tensorflow/tfjs-node', version: '4.22.0', main: 'index.js', binary };
  writeFileSync(join(from, 'package.json'), '{ "name": "consumer" }');
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  writeFileSync(join(folder, 'index.js'), FAKE_TFJS_NODE);
  writeFileSync(join(folder, 'scripts', 'install.js'), installer);
  return { from, folder };
}

/** Sets environment variables until the test ends. */
export function setEnvironment(variables: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
}

/** Puts a folder of programs before the others until the test ends. */
export function addToPath(folder: string): void {
  setEnvironment({ PATH: [folder, process.env.PATH].join(delimiter) });
}

/** Writes a program, a shell script, into a folder. `after --flag "$@"` prints a flag's value. */
export function fakeProgram(folder: string, name: string, body: string): string {
  const file = join(folder, name);
  const after =
    'after() { flag=$1; while [ $# -gt 1 ] && [ "$2" != "$flag" ]; do shift; done; echo "$3"; }';
  writeFileSync(file, `#!/bin/sh\n${after}\n${body}\n`);
  chmodSync(file, 0o755);
  return file;
}

/**
 * A python3 whose pip downloads, hangs or finds nothing, as the index's name says.
 *
 * @returns the file in which pip notes each index that it was asked for, and for which Python
 */
export function fakePython(
  folder: string,
  { extraIndexes = '', defaultIndex = 'http://good.invalid/' } = {},
) {
  const log = join(folder, 'pip.log');
  writeFileSync(log, '');
  fakeProgram(
    folder,
    'python3',
    `case "$*" in
      "-I "*) mkdir "$5/lib" "$5/include"; cp "$4" "$5/lib/libtensorflow_cc.so.2"; exit ;;
      *"config list") echo "global.extra-index-url='${extraIndexes}'"; exit ;;
      *"pip --version") exit ;;
    esac
    index=$(after --index-url "$@"); python=$(after --python-version "$@")
    echo "\${index:-default} \${python:-own}" >> "${log}"
    case "\${index:-${defaultIndex}} $python" in
      *silent*) exec sleep 60 ;;
      *refused*) echo "Could not fetch URL http://secret/: connection error" >&2; exit 1 ;;
      *empty*) echo "Could not fetch URL http://secret/: 404 Client Error" >&2; exit 1 ;;
      *only-3.12*"/ ") echo "ERROR: No matching distribution found" >&2; exit 1 ;;
    esac
    printf library > "$(after --dest "$@")/tensorflow_cpu-2.21.0-cp312.whl"`,
  );
  return log;
}

/**
 * A g++ that writes an addon.
 *
 * @returns the program and the file in which it notes each compilation
 */
export function fakeCompiler(folder: string) {
  const log = join(folder, 'compiler.log');
  writeFileSync(log, '');
  const file = fakeProgram(
    folder,
    'g++',
    `[ "$1" = --version ] && exit
    echo compiled >> "${log}"
    printf addon > "$(after -o "$@")"`,
  );
  return { file, log };
}
