import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { appendMetrics, runFiles } from '@grpo/trainer';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runTrackers } from './run-trackers.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'grpo-tracking-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a sink goes by its name, and has every record when the run has ended', async () => {
  const told: number[] = [];
  const said: string[] = [];
  const given = ['csv', ({ step }: { readonly step: number }) => void told.push(step)] as const;
  const { trackers, close } = runTrackers(given, folder, (message) => said.push(message));
  for (const step of [1, 2]) {
    const record = { step, reward: step / 2 };
    appendMetrics(runFiles(folder).metrics, record);
    for (const tracker of trackers) await tracker(record);
  }
  await close('finished');
  expect(told).toEqual([1, 2]);
  const [head, ...rows] = readFileSync(join(folder, 'metrics.csv'), 'utf8').trim().split('\n');
  expect(head).toContain('reward');
  expect(rows).toHaveLength(2);
  expect(said).toEqual([]);
});

test('a run that never began is told to nobody', async () => {
  const { trackers, close } = runTrackers(['csv'], join(folder, 'none'), () => {});
  expect(trackers).toHaveLength(1);
  await close('failed');
});

test('a name that is none is told of before anything begins', () => {
  const none = ['tensorbord'] as unknown as Parameters<typeof runTrackers>[0];
  expect(() => runTrackers(none, folder, () => {})).toThrow(
    'one of tensorboard, wandb, mlflow, csv',
  );
});
