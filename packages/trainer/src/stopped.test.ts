// Real processes that are told to stop, or that run out of room on the disk.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import type { RunEvent } from './events.js';
import { readJsonLines } from './json-lines.js';
import { readMetrics } from './metrics-file.js';
import { runFiles } from './run-files.js';
import type { TrainConfig } from './types.js';

const script = fileURLToPath(new URL('../fixtures/child.mjs', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'grpo-stopped-'));
const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill('SIGKILL'); // where a test failed
  rmSync(scratch, { recursive: true });
});

interface Settings {
  readonly config?: Partial<TrainConfig>;
  readonly pauseMs?: number;
  /** KiB that a file may have. */
  readonly room?: number;
}

/** A process, what it has said so far, and a way to wait for what it says. */
function started(folder: string, steps: number, { room, ...settings }: Settings = {}) {
  const args = [script, folder, String(steps), JSON.stringify({ plain: true, ...settings })];
  // With the signal ignored, a write over the limit fails as on a full disk; else it ends the process.
  const limited = `trap '' XFSZ; ulimit -f ${room}; exec "$0" "$@"`;
  const child: ChildProcess =
    room === undefined
      ? spawn(process.execPath, args, { stdio: 'pipe' })
      : spawn('bash', ['-c', limited, process.execPath, ...args], { stdio: 'pipe' });
  children.push(child);
  const said = { text: '' };
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      said.text += chunk;
      child.emit('said');
    });
  }
  return {
    said,
    closed: once(child, 'close') as Promise<[number | null, string | null]>,
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    async says(words: string) {
      while (!said.text.includes(words)) await once(child, 'said');
    },
  };
}
async function finished(folder: string, steps: number, settings?: Settings): Promise<void> {
  const { closed, said } = started(folder, steps, settings);
  const [code] = await closed;
  expect([code, code === 0 ? '' : said.text]).toEqual([0, '']);
}
const stepsIn = (folder: string) => readdirSync(runFiles(folder).checkpoints).sort();
const eventsIn = (folder: string) =>
  [...readJsonLines<RunEvent>(runFiles(folder).events)].map(({ record }) => record.event);
/** Records without what depends on the machine. */
const recordsIn = (folder: string) =>
  readMetrics(runFiles(folder).metrics).map((record) =>
    Object.fromEntries(Object.entries(record).filter(([name]) => !/^(time|memory)\//.test(name))),
  );

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s finishes the step, saves it and ends well; the run goes on later',
  async (signal) => {
    const folder = join(scratch, signal);
    const { says, kill, closed, said } = started(folder, 400, { pauseMs: 100 });
    await says('step 3');
    kill(signal);
    const [code] = await closed;
    expect(code).toBe(0);
    expect(said.text).toContain(`${signal}: the step is finished and saved.`);
    const records = recordsIn(folder);
    expect(records.length).toBeGreaterThanOrEqual(3);
    expect(records.length).toBeLessThan(400);
    expect(stepsIn(folder).at(-1)).toBe(`step-${String(records.length).padStart(6, '0')}`);
    expect(existsSync(join(folder, 'run.lock'))).toBe(false);
    expect(eventsIn(folder).slice(-3)).toEqual(['stop-requested', 'checkpoint-saved', 'finished']);

    await finished(folder, 400, { config: { maxSteps: records.length + 2 } });
    expect(recordsIn(folder).slice(0, records.length)).toEqual(records);
    expect(recordsIn(folder)).toHaveLength(records.length + 2);
  },
  120_000,
);

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)(
  'a second %s ends the process at once, with status %i',
  async (signal, status) => {
    const folder = join(scratch, `second ${signal}`);
    const { says, kill, closed } = started(folder, 10, {
      pauseMs: 3_600_000, // it would not finish its step while anyone waits
      config: { saveSteps: 1 },
    });
    await says('played');
    kill(signal);
    await says('Again, to exit at once.');
    kill(signal);
    expect(await closed).toEqual([status, null]);
    await finished(folder, 1);
    expect(eventsIn(folder)).toContain('lock-taken-over');
  },
  120_000,
);

test('without room for a checkpoint the one before stays, the run goes on and says so, and can be resumed', async () => {
  const config = { logCompletions: false };
  const [whole, folder] = [join(scratch, 'roomy'), join(scratch, 'full')];
  await finished(whole, 8, { config });
  await finished(folder, 4, { config });
  const { closed, said } = started(folder, 8, { config, room: 16 }); // the optimizer's file needs more
  const [code] = await closed;
  expect(code).not.toBe(0); // the last checkpoint could not be written
  expect(said.text).toMatch(
    /No checkpoint of step 6: the disk is full \(.*EFBIG.*\)\. The one before stays; make room\./,
  );
  expect(recordsIn(folder)).toHaveLength(8);
  expect(stepsIn(folder)).toEqual(['step-000002', 'step-000004']);
  expect(eventsIn(folder)).toContain('checkpoint-failed');
  expect(existsSync(join(folder, 'run.lock'))).toBe(false);

  await finished(folder, 8, { config });
  expect(recordsIn(folder)).toEqual(recordsIn(whole));
}, 120_000);

test('without room for its records a run stops, says so, and can be resumed', async () => {
  const [whole, folder] = [join(scratch, 'all records'), join(scratch, 'no records')];
  await finished(whole, 8);
  const { closed, said } = started(folder, 8, { room: 28 }); // enough for checkpoints
  const [code] = await closed;
  expect(code).not.toBe(0);
  expect(said.text).toMatch(
    /train: needs room for its records in .*, got a full disk \(.*EFBIG.*\)\. Make room and resume; the last checkpoint is that of step 4\./,
  );
  expect(stepsIn(folder)).toEqual(['step-000002', 'step-000004']);
  await finished(folder, 8);
  expect(recordsIn(folder)).toEqual(recordsIn(whole));
  const [own, other] = [folder, whole].map((path) => readFileSync(runFiles(path).episodes, 'utf8'));
  expect(own).toBe(other);
}, 120_000);
