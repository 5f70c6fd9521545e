// npm run demo: from a fresh clone to a trained model. Arguments after `--` go to apps/example/src/demo.ts.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { installAndBuild, root } from './pnpm.mjs';

installAndBuild();
// The build compiles the fastest backend of a processor; TensorFlow is for machines where it could not.
if (process.env.GRPO_BACKEND || !existsSync(`${root}packages/tensor/build/simd.node`)) {
  spawnSync(process.execPath, ['tooling/native/setup.mjs'], { cwd: root, stdio: 'inherit' });
}
const { status, signal } = spawnSync(
  process.execPath,
  ['--import', '../../tooling/scripts/ts-node.mjs', 'src/demo.ts', ...process.argv.slice(2)],
  { cwd: `${root}apps/example`, stdio: 'inherit' },
);
if (signal) process.kill(process.pid, signal);
process.exit(status ?? 1);
