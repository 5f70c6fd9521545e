import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { readMetrics } from '@grpo/trainer';
import { afterAll, expect, test } from 'vitest';

const folder = fileURLToPath(new URL('..', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'grpo-resume-'));
afterAll(() => rmSync(scratch, { recursive: true }));

/** The demo as a process of its own, on few problems. */
function demo(out: string, ...extra: readonly string[]): ChildProcess {
  const small = ['--steps', '25', '--prompts', '4', '--warm-steps', '5', '--out', out];
  const script = ['--import', '../../tooling/scripts/ts-node.mjs', 'src/demo.ts'];
  return spawn(process.execPath, [...script, ...small, ...extra], { cwd: folder, stdio: 'pipe' });
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

const recordsOf = (out: string) =>
  readMetrics(join(out, 'grpo', 'metrics.jsonl')).map((record) =>
    Object.fromEntries(Object.entries(record).filter(([name]) => !/^(time|memory)\//.test(name))),
  );
const summaryOf = (out: string) => {
  const { seconds: _, ...summary } = JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8'));
  return summary;
};

test('killed with SIGKILL and resumed, the demo ends with the metrics of an uninterrupted run', async () => {
  const [whole, killed] = [join(scratch, 'whole'), join(scratch, 'killed')];
  await finished(demo(whole));

  const victim = demo(killed);
  victim.stdout?.resume();
  victim.stderr?.resume();
  const metrics = join(killed, 'grpo', 'metrics.jsonl');
  while (!existsSync(metrics) || readMetrics(metrics).length < 17) {
    expect(victim.exitCode).toBeNull();
    await setTimeout(5);
  }
  victim.kill('SIGKILL');
  await once(victim, 'close');
  expect(existsSync(join(killed, 'summary.json'))).toBe(false);
  expect(readMetrics(metrics).length).toBeLessThan(25);

  await finished(demo(killed, '--resume'));
  expect(recordsOf(killed)).toHaveLength(25);
  expect(recordsOf(killed)).toEqual(recordsOf(whole));
  expect(summaryOf(killed)).toEqual(summaryOf(whole));
}, 300_000);
