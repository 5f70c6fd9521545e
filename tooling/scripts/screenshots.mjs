// Makes the pictures of docs/guides: trains a project of `grpo init` in a terminal, and looks at it in a browser.
//   npm run screenshots        (Linux, with util-linux's `script` and chromium; three minutes)
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const pictures = join(root, 'docs/guides/pictures');
const program = join(root, 'packages/cli/dist/bin.js');
const executablePath = process.env.GRPO_CHROMIUM ?? '/usr/bin/chromium';
const FRAME = '\u001b[J'; // each picture of the live view begins with it
const DESKTOP = { width: 1440, height: 900 };
const PHONE = { width: 390, height: 844 };

const { chromium } = createRequire(join(root, 'apps/dashboard/package.json'))('playwright-core');
const { serveDashboard } = await import(join(root, 'apps/dashboard/dist/index.js'));
const scratch = mkdtempSync(join(tmpdir(), 'grpo-screenshots-'));
const project = join(scratch, 'demo');
const browser = await chromium.launch({
  executablePath,
  args: ['--no-sandbox', '--disable-gpu', '--force-color-profile=srgb'],
});
try {
  mkdirSync(pictures, { recursive: true });
  mkdirSync(join(scratch, 'node_modules/@grpo'), { recursive: true });
  for (const parent of ['packages', 'apps']) {
    for (const name of readdirSync(join(root, parent)))
      symlinkSync(join(root, parent, name), join(scratch, 'node_modules/@grpo', name));
  }
  await ended(spawn(process.execPath, [program, 'init', 'demo'], { cwd: scratch }));
  await train('--learning-rate 3e-4 --max-steps 150 --folder runs/lr-3e-4').ended;
  const page = await serveDashboard([join(project, 'runs')], { port: 0 });

  const training = train('--folder runs/lr-1e-3');
  await until(async () => (await stepOf(page, 'lr-1e-3')) >= 130);
  await shot(page, 'dashboard-curves', '?smooth=0.7', { scheme: 'light' });
  const printed = await training.ended;
  const frames = printed.split(FRAME);
  await terminal('train', frames[Math.floor(frames.length * 0.7)]);

  const runs = '?view=episodes&run=lr-1e-3';
  const n = await notableEpisode(page);
  await shot(page, 'dashboard-episodes', `${runs}&episode=${n}`, { scheme: 'dark' });
  await shot(page, 'dashboard-group', `${runs}&episode=${n}&show=group&colours=advantage`, {});
  await shot(page, 'dashboard-phone', '?runs=lr-1e-3&smooth=0.7', { size: PHONE, scheme: 'dark' });
  await page.close();
} finally {
  await browser.close();
  rmSync(scratch, { recursive: true });
}

/** Trains in a terminal of 100 columns; `ended` gives what was written to it. */
function train(flags) {
  const command = `stty cols 100 rows 24; "${process.execPath}" "${program}" train ${flags}`;
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    cwd: project,
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, TERM: 'xterm-256color', NO_COLOR: '' },
  });
  return { ended: ended(child) };
}

function ended(child) {
  let printed = '';
  child.stdout.on('data', (chunk) => {
    printed += chunk;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) =>
      status === 0 ? resolve(printed) : reject(new Error(`${status}: ${printed}`)),
    );
  });
}

async function until(isSo) {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 200));
}

async function asked(page, path) {
  return (await fetch(`${page.url}api/${path}`)).json();
}

async function stepOf(page, id) {
  return (await asked(page, 'runs')).find((run) => run.id === id)?.step ?? 0;
}

/** One that was better than most of its group, late in the run. */
async function notableEpisode(page) {
  const found = await asked(page, 'episodes?run=lr-1e-3&fromStep=150&limit=500&order=oldest');
  const { entries } = found;
  return entries.reduce((best, one) => (one.advantage > best.advantage ? one : best)).n;
}

/** A picture of the page once it has drawn what it was asked for. */
async function shot(page, name, query, { scheme = 'light', size = DESKTOP }) {
  const tab = await browser.newPage({
    viewport: size,
    colorScheme: scheme,
    deviceScaleFactor: size === PHONE ? 1.5 : 1,
  });
  await tab.goto(`${page.url}${query}`);
  await tab.locator('.u-over, .tokens').first().waitFor();
  await tab.waitForTimeout(1500); // the curves of every plot in sight
  await save(tab, name);
}

/** What stood in the terminal, with its colours. */
async function terminal(name, text) {
  const tab = await browser.newPage({ viewport: { width: 880, height: 400 } });
  const html = text
    .replaceAll('\r', '')
    .replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is looked for.
    .replace(/\u001b\[(\d+)m/g, (_, code) =>
      code === '22' || code === '39' ? '</span>' : `<span class="c${code}">`,
    )
    // biome-ignore lint/suspicious/noControlCharactersInRegex: those that move the cursor have no picture.
    .replace(/\u001b\[[0-9;?]*[A-Za-z]/g, '');
  await tab.setContent(`<!doctype html><style>
    body { margin: 0; padding: 16px 20px; background: #0e1217; color: #e6eaf0; width: max-content }
    pre { margin: 0; font: 14px/1.35 "DejaVu Sans Mono", monospace }
    .c1 { font-weight: bold } .c2 { opacity: .6 } .c31 { color: #ff7b72 } .c32 { color: #4cc38a }
    .c33 { color: #e3a63c } .c36 { color: #43c6d8 }</style><pre>${html.trimEnd()}</pre>`);
  const { width, height } = await tab.locator('body').boundingBox();
  await tab.setViewportSize({ width: Math.ceil(width), height: Math.ceil(height) });
  await save(tab, name);
}

/** As WebP, which is a quarter of PNG. */
async function save(tab, name) {
  const session = await tab.context().newCDPSession(tab);
  const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: 85 });
  const file = join(pictures, `${name}.webp`);
  writeFileSync(file, Buffer.from(data, 'base64'));
  console.log(file);
  await tab.close();
}
