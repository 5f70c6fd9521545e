// `npm run parity -- DIR`: installs, builds, and compares the packages with the reference cases in DIR.
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { installAndBuild, root } from './pnpm.mjs';

installAndBuild();
const folders = process.argv.slice(2).map((folder) => resolve(process.env.INIT_CWD ?? '.', folder));
const { status } = spawnSync(process.execPath, ['tooling/parity/parity.mjs', ...folders], {
  cwd: root,
  stdio: 'inherit',
});
process.exit(status ?? 1);
