// Runs pnpm at the version that package.json names, on a machine that may have npm alone.
//   node tooling/scripts/pnpm.mjs install --frozen-lockfile
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));
const { packageManager } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));

/** Runs `pnpm ...args` in the repository root and returns its exit status. npm fetches pnpm once and caches it. */
export function pnpm(args, { env = {}, stdio = 'inherit' } = {}) {
  const { status, error } = spawnSync(
    'npm',
    ['exec', '--yes', `--package=${packageManager}`, '--', 'pnpm', ...args],
    { cwd: root, stdio, env: { ...process.env, ...env }, shell: process.platform === 'win32' },
  );
  if (error) throw error;
  return status ?? 1;
}

/** As `pnpm`, and ends this process with a plain sentence where the command fails. */
export function pnpmOrExit(what, args, options) {
  const status = pnpm(args, options);
  if (status !== 0) {
    console.error(
      `${what} failed (pnpm ${args.join(' ')}: exit ${status}). The lines above say why.`,
    );
    process.exit(status);
  }
}

/** Installs the locked dependencies and builds every package. */
export function installAndBuild() {
  pnpmOrExit('install', ['install', '--frozen-lockfile', '--prefer-offline']);
  pnpmOrExit('build', ['exec', 'turbo', 'run', 'build', '--output-logs=errors-only']);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exit(pnpm(process.argv.slice(2)));
