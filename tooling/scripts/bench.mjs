// npm run bench: builds, and measures training steps. Arguments after `--` go to `grpo bench`.
import { spawnSync } from 'node:child_process';
import { installAndBuild, root } from './pnpm.mjs';

installAndBuild();
const { status } = spawnSync(
  process.execPath,
  ['packages/cli/dist/bin.js', 'bench', ...process.argv.slice(2)],
  { cwd: root, stdio: 'inherit' },
);
process.exit(status ?? 1);
