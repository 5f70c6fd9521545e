// npm run plots: draws docs/guides/plots from docs/guides/data. `-- --train` makes the data first, on this machine.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { root, watchedFigures } from './watched.mjs';

if (process.argv.includes('--train')) {
  const { status } = spawnSync(
    process.execPath,
    ['--import', '../../tooling/scripts/ts-node.mjs', 'src/watched-runs.ts'],
    { cwd: `${root}apps/example`, stdio: 'inherit' },
  );
  if (status !== 0) process.exit(status ?? 1);
}
mkdirSync(`${root}docs/guides/plots`, { recursive: true });
for (const [path, text] of watchedFigures()) {
  writeFileSync(`${root}${path}`, text);
  console.log(`Drawn: ${path}`);
}
