// What a new user does, with the packages as npm would get them, in an empty folder outside the repository:
//   npm run new-user [-- TEMPLATE ...]      default: single-turn
// Installs the packed tarballs, makes a project of each template with `npx grpo init`, installs it and trains it, while
// `npx grpo dashboard` shows the run.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installAndBuild, pnpmOrExit } from '../scripts/pnpm.mjs';

const chosen = process.argv.slice(2);
const templates = chosen.length > 0 ? chosen : ['single-turn'];
const STEPS = '3';

installAndBuild();
const scratch = mkdtempSync(join(tmpdir(), 'grpo-new-user-'));
const tarballs = join(scratch, 'tarballs');
const user = join(scratch, 'user');
let failed = 0;
try {
  for (const folder of [tarballs, user]) mkdirSync(folder);
  // What the command line stands on, however far down, and itself.
  const pack = ['--filter=@grpo/cli...', 'exec', 'pnpm', 'pack', '--pack-destination', tarballs];
  pnpmOrExit('pack', pack, { stdio: 'ignore' });
  const files = readdirSync(tarballs).map((file) => join(tarballs, file));
  writeFileSync(join(user, 'package.json'), '{ "private": true }\n');
  run('npm', ['install', '--no-audit', '--no-fund', ...files], user);
  for (const template of templates) {
    const project = join(user, template);
    const isTrained =
      run('npx', ['grpo', 'init', template, '--template', template], user) &&
      run('npm', ['install', '--no-audit', '--no-fund'], project) &&
      (await isShownWhileItTrains(project)) &&
      existsSync(join(project, 'runs/run-1/metrics.jsonl'));
    if (!isTrained) failed += 1;
    console.log(
      `${template}: ${isTrained ? 'trains as a new user gets it, and is on the page' : 'does not'}`,
    );
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
console.log(`${templates.length - failed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);

/** Whether `grpo train` ends well while a page that was opened before it shows the run. */
async function isShownWhileItTrains(project) {
  const program = join(project, '../node_modules/@grpo/cli/dist/bin.js');
  const page = spawn(process.execPath, [program, 'dashboard', '--port', '0', '--json'], {
    cwd: project,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const [told] = await once(page.stdout, 'data');
    const { url } = JSON.parse(told);
    const modules = ['', 'page/main.js', 'page/uplot.js', 'uplot.css', 'frame.css'];
    const answers = await Promise.all(modules.map((path) => fetch(`${url}${path}`)));
    const isWhole = answers.every(({ ok }) => ok);
    const train = spawn('npx', ['grpo', 'train', '--max-steps', STEPS], {
      cwd: project,
      stdio: ['ignore', 'inherit', 'inherit'],
      shell: process.platform === 'win32',
    });
    const ended = once(train, 'close');
    let isSeenRunning = false;
    while (train.exitCode === null) {
      const [run] = await (await fetch(`${url}api/runs`)).json();
      isSeenRunning ||= run?.state === 'running';
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await ended;
    const [run] = await (await fetch(`${url}api/runs`)).json();
    const isShown = isSeenRunning && run?.state === 'finished' && run.step === Number(STEPS);
    if (!isWhole || !isShown) console.error('The page does not show the run.', { isWhole, run });
    return train.exitCode === 0 && isWhole && isShown;
  } finally {
    page.kill();
  }
}

/** Whether a command ended well. */
function run(command, args, cwd) {
  const { status } = spawnSync(command, args, {
    cwd,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
  });
  if (status !== 0) console.error(`${command} ${args.join(' ')} ended with ${status}.`);
  return status === 0;
}
