// `npm test`: everything that CI checks, from a fresh clone, with Node and npm alone.
//   npm test                          all of it
//   npm test -- packages/advantage    arguments after `--` go to vitest
// The last line is `N passed, N failed`. A check that is no test (lint, types, a build that breaks,
// a vitest that crashes) adds one to the failed when it fails and nothing when it passes.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { installAndBuild, pnpm, root } from './pnpm.mjs';

process.env.CI = 'true';
process.chdir(root);

const count = { passed: 0, failed: 0 };

// In an exit handler, so that the line also comes when the install or the build ends the process.
process.on('exit', (code) => {
  if (code !== 0 && count.failed === 0) count.failed = 1;
  if (count.failed > 0 || count.passed === 0) process.exitCode = 1;
  console.log(`${count.passed} passed, ${count.failed} failed`);
});

/** Runs a Node program in the repository root and returns its exit status. */
function node(args) {
  const { status, signal } = spawnSync(process.execPath, args, {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (signal) console.error(`${args[0]} was ended by ${signal}.`);
  return status ?? 1;
}

function heading(text) {
  console.log(`\n== ${text}`);
}

/** Runs a check that is no test: only its failure counts. */
function check(name, run) {
  heading(name);
  if (run() === 0) return;
  count.failed += 1;
  console.error(`${name} failed. The lines above say why.`);
}

/** Runs every vitest test and adds what its report says. */
function vitest(args) {
  heading('tests');
  const folder = mkdtempSync(join(tmpdir(), 'grpo-test-'));
  const file = join(folder, 'report.json');
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
    const status = node(['node_modules/vitest/vitest.mjs', 'run', ...reporters, ...args]);
    const report = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
    const files = report?.testResults ?? [];
    // A file that cannot be loaded has failed although none of its tests ran.
    const unloadable = files.filter(
      (f) => f.status === 'failed' && f.assertionResults.every((t) => t.status !== 'failed'),
    );
    const failed = (report?.numFailedTests ?? 0) + unloadable.length;
    count.passed += report?.numPassedTests ?? 0;
    // An unhandled error or a dead worker shows in the exit status alone.
    count.failed += status !== 0 ? Math.max(failed, 1) : failed;
    const skipped = (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0);
    if (skipped > 0) console.log(`${skipped} tests were skipped.`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs the comparison with transformers, which needs Python and says so where there is none. */
async function transformers() {
  const file = join(root, 'tooling/checks/transformers.mjs');
  if (!existsSync(file)) return;
  heading('transformers reads a saved model');
  let result;
  try {
    const module = await import(pathToFileURL(file).href);
    result = await module.check();
  } catch (error) {
    result = { status: 'failed', detail: error.stack };
  }
  console.log(`${result.status}: ${result.detail}`);
  if (result.status === 'passed') count.passed += 1;
  else if (result.status !== 'skipped') count.failed += 1;
}

installAndBuild();
if (existsSync('tooling/native/setup.mjs')) {
  heading('native backend');
  // Optional: where it cannot be had, the tests run on wasm.
  if (node(['tooling/native/setup.mjs']) !== 0) console.log('Going on without it.');
}
check('lint', () => node(['node_modules/@biomejs/biome/bin/biome', 'check', '.']));
check('types', () => pnpm(['exec', 'turbo', 'run', 'typecheck', '--output-logs=errors-only']));
vitest(process.argv.slice(2));
await transformers();
