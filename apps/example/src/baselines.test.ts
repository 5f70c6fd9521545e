import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readMetrics } from '@grpo/trainer';
import { afterAll, expect, test } from 'vitest';

const folder = fileURLToPath(new URL('..', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'grpo-baselines-'));
afterAll(() => rmSync(scratch, { recursive: true }));

/** What a program of this folder prints, on few problems; it must end well. */
async function printed(program: string, out: string, ...more: readonly string[]): Promise<string> {
  const small = ['--steps', '2', '--prompts', '2', '--warm-steps', '3', '--held-out', '16'];
  const script = ['--import', '../../tooling/scripts/ts-node.mjs', `src/${program}`];
  const child = spawn(process.execPath, [...script, '--out', out, ...small, ...more], {
    cwd: folder,
    stdio: 'pipe',
  });
  let [output, errors] = ['', ''];
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  const [code] = await once(child, 'close');
  expect([code, code === 0 ? '' : errors]).toEqual([0, '']);
  return output;
}
const summaryIn = (out: string) => JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8'));

test('every baseline trains from the warm start of its seed, and the table says what came of it', async () => {
  const out = join(scratch, 'all');
  const output = await printed('baselines.ts', out, '--seeds', '1,2');
  const { warmStart, baselines, seeds } = summaryIn(out);
  expect(seeds).toEqual([1, 2]);
  expect(warmStart.accuracies).toHaveLength(2);
  expect(baselines).toHaveLength(10);
  for (const { name, mean, accuracies } of baselines) {
    expect(accuracies).toHaveLength(2);
    expect(mean).toBeCloseTo((accuracies[0] + accuracies[1]) / 2, 12);
    expect(output).toMatch(new RegExp(`^\\| ${name.replace(/[()]/g, '\\$&')} +\\|`, 'm'));
  }
  const records = (arm: string) => readMetrics(join(out, 'seed-2', arm, 'metrics.jsonl'));
  expect(records('group-mean')).toHaveLength(2);
  expect(records('group-mean')[1]).not.toHaveProperty('value/loss');
  expect(records('learned-per-token-GAE')[1]).toHaveProperty('value/loss');
  // All arms of a seed begin with the same episodes.
  const first = ['none', 'group-median', 'greedy-rollout-ReMax'].map((arm) => records(arm)[0]);
  expect(new Set(first.map((record) => record.num_tokens)).size).toBe(1);
}, 300_000);

test('the run with a critic ends, and keeps how well the critic explained each step', async () => {
  const out = join(scratch, 'ppo');
  await printed('ppo.ts', out);
  const { explainedVariance, accuracyAfter } = summaryIn(out);
  expect(explainedVariance).toHaveLength(2);
  expect(accuracyAfter).toBeGreaterThanOrEqual(0);
}, 120_000);
