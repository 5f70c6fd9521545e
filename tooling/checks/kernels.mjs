// Compiles the kernels for other vectors than the processor's own and by other compilers, and runs their tests on each:
//   npm run kernels
// A compiler that is not installed is said and passed over. In the end the kernels are compiled as they were.
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { installAndBuild, root } from '../scripts/pnpm.mjs';

const variants = [
  { name: 'vectors of 4', CXXFLAGS: '-DGRPO_LANES=4' },
  { name: 'vectors of 8', CXXFLAGS: '-DGRPO_LANES=8 -Wno-psabi' },
  { name: 'vectors of 16', CXXFLAGS: '-DGRPO_LANES=16 -Wno-psabi' },
  ...(process.arch === 'x64' ? [{ name: 'any x86-64', CXXFLAGS: '-march=x86-64' }] : []),
  { name: 'GCC', CXX: 'g++' },
  { name: 'Clang', CXX: 'clang++' },
];

const tensor = `${root}packages/tensor/`;
const compile = (env) => {
  for (const file of ['simd.node', 'simd.json']) rmSync(`${tensor}build/${file}`, { force: true });
  node(['cpp/compile.mjs'], { cwd: tensor, env: { ...process.env, ...env } });
  return existsSync(`${tensor}build/simd.node`);
};

installAndBuild();
const count = { passed: 0, failed: 0 };
try {
  for (const { name, ...env } of variants) {
    console.log(`\n== ${name}`);
    if (env.CXX && spawnSync(env.CXX, ['--version']).status !== 0) {
      console.log(`skipped: ${env.CXX} is not installed.`);
      continue;
    }
    const isSound =
      compile(env) &&
      node(['node_modules/vitest/vitest.mjs', 'run', 'packages/tensor/src/simd']) === 0;
    count[isSound ? 'passed' : 'failed']++;
  }
} finally {
  compile({});
}
console.log(`\n${count.passed} passed, ${count.failed} failed`);
process.exit(count.failed > 0 ? 1 : 0);

/** Runs a Node program and returns its exit status. */
function node(args, options = {}) {
  return spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit', ...options }).status ?? 1;
}
