// Real processes, killed with SIGKILL at random moments of a run that has everything a checkpoint can hold.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { watch } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { keyedRandom } from '@grpo/random';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EpisodeLine } from './episode-lines.js';
import { readJsonLines } from './json-lines.js';
import { readMetrics } from './metrics-file.js';
import { runFiles } from './run-files.js';

const STEPS = 10;
const KILLS = 20;
const KILLS_PER_RUN = 2;
const script = fileURLToPath(new URL('../fixtures/child.mjs', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'grpo-killed-'));
const whole = join(scratch, 'whole');
/** How long the whole run took, in ms. */
let wall = 0;

beforeAll(async () => {
  const started = performance.now();
  await finished(start(whole));
  wall = performance.now() - started;
}, 120_000);
afterAll(() => rmSync(scratch, { recursive: true }));

function start(folder: string): ChildProcess {
  return spawn(process.execPath, [script, folder, String(STEPS)], { stdio: 'pipe' });
}

async function finished(child: ChildProcess): Promise<void> {
  let errors = '';
  child.stderr?.on('data', (chunk) => {
    errors += chunk;
  });
  child.stdout?.resume();
  const [code] = await once(child, 'close');
  expect([code, code === 0 ? '' : errors]).toEqual([0, '']);
}

/** Kills a run when `moment` comes. @returns false where the run was done before */
async function killedAt(folder: string, moment: () => Promise<unknown>): Promise<boolean> {
  const child = start(folder);
  child.stderr?.resume();
  child.stdout?.resume();
  const closed = once(child, 'close');
  await Promise.race([closed, moment()]);
  child.kill('SIGKILL');
  const [code, signal] = await closed;
  if (signal === 'SIGKILL') return true;
  expect(code).toBe(0);
  return false;
}

function expectSameRun(folder: string): void {
  const [own, other] = [runFiles(folder), runFiles(whole)];
  expect(recordsOf(own.metrics)).toEqual(recordsOf(other.metrics));
  expect(readFileSync(own.episodes, 'utf8')).toBe(readFileSync(other.episodes, 'utf8'));
  const [files, wanted] = [own.checkpoints, other.checkpoints].map(filesIn);
  expect([...files.keys()]).toEqual([...wanted.keys()]);
  for (const [name, bytes] of wanted) {
    expect([name, files.get(name)?.equals(bytes)]).toEqual([name, true]);
  }
}

/** Records without what depends on the machine. */
function recordsOf(path: string) {
  const isOfMachine = (name: string) => /^(time|memory)\//.test(name);
  return readMetrics(path).map((record) =>
    Object.fromEntries(Object.entries(record).filter(([name]) => !isOfMachine(name))),
  );
}

/** The bytes of every file below a folder. */
function filesIn(folder: string): Map<string, Buffer> {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .sort();
  return new Map(paths.map((path) => [relative(folder, path), readFileSync(path)]));
}

test('the run that is killed has everything that a checkpoint can hold', async () => {
  const { metrics, episodes, checkpoints } = runFiles(whole);
  const records = readMetrics(metrics);
  expect(records).toHaveLength(STEPS);
  const controlled = new Set(records.map(({ kl }) => kl));
  expect(controlled.size).toBe(STEPS);
  expect(records.filter((record) => 'eval/pass@2' in record).length).toBeGreaterThan(2);
  const lines = [...readJsonLines<EpisodeLine>(episodes)].map(({ record }) => record);
  expect(lines.filter(({ advantage }) => advantage === null).length).toBeGreaterThan(0);
  const states = readdirSync(checkpoints).map((name) =>
    JSON.parse(readFileSync(join(checkpoints, name, 'state.json'), 'utf8')),
  );
  expect(states.some(({ unused }) => unused.length > 0)).toBe(true);
  expect(Object.keys(states[0].memories).sort()).toEqual(['advantage', 'controllers', 'tasks']);
  for (const part of ['policy', 'critic', 'reference']) {
    expect(existsSync(join(checkpoints, `step-0000${STEPS}`, part))).toBe(true);
  }
});

test(`killed at ${KILLS} random moments and resumed, runs end with the bytes of one that was not broken`, async () => {
  const random = keyedRandom('moments');
  const runs = KILLS / KILLS_PER_RUN;
  let kills = 0;
  let next = 0;
  const breakRuns = async () => {
    while (kills < KILLS) {
      const number = next++;
      expect(number).toBeLessThan(2 * KILLS);
      const folder = join(scratch, `run ${number}`);
      // First kills are spread over the whole run, second ones fall anywhere.
      let share = ((number % runs) + random.next()) / runs;
      for (let kill = 0; kill < KILLS_PER_RUN && kills < KILLS; kill++) {
        const isKilled = await killedAt(folder, () => setTimeout(share * wall));
        if (!isKilled) break;
        kills++;
        share = random.next();
      }
      await finished(start(folder));
      expectSameRun(folder);
      rmSync(folder, { recursive: true });
    }
  };
  await Promise.all([breakRuns(), breakRuns()]);
  expect(kills).toBeGreaterThanOrEqual(KILLS);
}, 600_000);

test('killed while a checkpoint is written, the run goes on from the one before', async () => {
  const folder = join(scratch, 'writing');
  const { checkpoints } = runFiles(folder);
  mkdirSync(checkpoints, { recursive: true });
  const isWriting = async () => {
    for await (const { filename } of watch(checkpoints)) {
      if (filename === 'step-000004.writing') return;
    }
  };
  expect(await killedAt(folder, isWriting)).toBe(true);
  expect(readdirSync(checkpoints)).toContain('step-000004.writing');
  await finished(start(folder));
  expectSameRun(folder);
}, 120_000);
