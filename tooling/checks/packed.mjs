// Packs packages as npm would get them, installs each alone into an empty folder, and runs its README's example:
//   npm run packed [-- NAME ...]      default: advantage, policy-loss, value
// What an example prints must be what its comments say.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installAndBuild, pnpmOrExit, root } from '../scripts/pnpm.mjs';

const names =
  process.argv.length > 2 ? process.argv.slice(2) : ['advantage', 'policy-loss', 'value'];
installAndBuild();
const { default: typescript } = await import('typescript');
const scratch = mkdtempSync(join(tmpdir(), 'grpo-packed-'));
const tarballs = join(scratch, 'tarballs');
let failed = 0;
try {
  mkdirSync(tarballs);
  const needed = new Set(names.flatMap(withDependencies));
  for (const name of needed) {
    const filter = `--filter=@grpo/${name}`;
    pnpmOrExit('pack', [filter, 'exec', 'pnpm', 'pack', '--pack-destination', tarballs], {
      stdio: 'ignore',
    });
  }
  for (const name of names) check(name);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
console.log(`${names.length - failed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);

/** A package and those of ours that it needs, however far down. */
function withDependencies(name) {
  const { dependencies } = JSON.parse(readFileSync(`${root}packages/${name}/package.json`, 'utf8'));
  const ours = Object.keys(dependencies ?? {}).filter((dependency) =>
    dependency.startsWith('@grpo/'),
  );
  return [
    name,
    ...ours.flatMap((dependency) => withDependencies(dependency.slice('@grpo/'.length))),
  ];
}

function check(name) {
  const folder = join(scratch, name);
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
  const wanted = new Set(withDependencies(name));
  const files = readdirSync(tarballs).filter((file) =>
    wanted.has(/^grpo-(.*)-\d+\.\d+\.\d+\.tgz$/.exec(file)?.[1]),
  );
  const install = run(
    'npm',
    ['install', '--no-audit', '--no-fund', ...files.map((file) => join(tarballs, file))],
    folder,
  );
  if (install.status !== 0) return report(name, `npm install failed: ${install.stderr}`);

  const readme = readFileSync(`${root}packages/${name}/README.md`, 'utf8');
  const example = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  const options = { module: 'ESNext', target: 'ES2022' };
  writeFileSync(join(folder, 'example.mjs'), typescript.transpile(example, options));
  const { status, stdout, stderr } = run(process.execPath, ['example.mjs'], folder);
  if (status !== 0) return report(name, `the example failed: ${stderr}`);
  const promised = [...example.matchAll(/^console\.log\(.*\); \/\/ (.*)$/gm)].map(
    ([, text]) => text,
  );
  const printed = stdout.trimEnd().split('\n');
  if (promised.length === 0 || promised.join('\n') !== printed.join('\n')) {
    return report(name, `the example printed\n${stdout}and promised\n${promised.join('\n')}`);
  }
  report(name);
}

function run(command, args, cwd) {
  return spawnSync(command, args, { cwd, encoding: 'utf8', shell: process.platform === 'win32' });
}

function report(name, problem) {
  if (problem !== undefined) failed += 1;
  console.log(
    `@grpo/${name}, installed alone: ${problem ?? 'its example prints what the README says'}`,
  );
}
