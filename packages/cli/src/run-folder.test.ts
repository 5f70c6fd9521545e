import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { EXIT } from './command-error.js';
import {
  checkpointChoice,
  checkpointModel,
  experimentPath,
  nextRunFolder,
  readRun,
  runsIn,
} from './run-folder.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'grpo-runs-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(name: string, metrics: readonly object[] = []): string {
  const run = join(folder, name);
  mkdirSync(run, { recursive: true });
  writeFileSync(join(run, 'config.json'), '{"maxSteps": 9}');
  writeFileSync(join(run, 'run.json'), '{"facts":{"experiment":"/there/grpo.config.ts"}}');
  writeFileSync(
    join(run, 'metrics.jsonl'),
    metrics.map((one) => `${JSON.stringify(one)}\n`).join(''),
  );
  return run;
}

it('runs are listed in the order of their numbers, and a run is a list of itself', () => {
  for (const name of ['run-10', 'run-9']) write(name, [{ step: 1, reward: 2 }]);
  mkdirSync(join(folder, 'other'));
  const runs = runsIn(folder);
  expect(runs.map((run) => run.folder)).toEqual([join(folder, 'run-9'), join(folder, 'run-10')]);
  expect(runs[0]).toMatchObject({ config: { maxSteps: 9 }, records: [{ step: 1, reward: 2 }] });
  expect(experimentPath(runs[0])).toBe('/there/grpo.config.ts');
  expect(runsIn(join(folder, 'run-9'))).toHaveLength(1);
  expect(runsIn(join(folder, 'none'))).toEqual([]);
});

it('a new run takes the first number that is free', () => {
  write('run-1');
  expect(nextRunFolder(folder)).toBe(join(folder, 'run-2'));
});

it('a checkpoint is chosen by its step, or by the best evaluation', async () => {
  const run = write('run-1', [
    { step: 1, 'eval/reward': 0.5 },
    { step: 2, 'eval/reward': 0.9 },
    { step: 3, 'eval/reward': 0.7 },
  ]);
  for (const step of [2, 3])
    mkdirSync(join(run, 'checkpoints', `step-00000${step}`), { recursive: true });
  const model = (choice: string) =>
    checkpointModel(readRun(run), checkpointChoice(choice), () => {});
  expect(await model('3')).toBe(join(run, 'checkpoints', 'step-000003', 'policy'));
  expect(await model('best')).toBe(join(run, 'checkpoints', 'step-000002', 'policy'));
  await expect(model('7')).rejects.toMatchObject({ exitCode: EXIT.usage });
  await expect(model('latest')).rejects.toThrow('got step-000002, step-000003');
  expect(() => checkpointChoice('newest')).toThrow('needs latest, best or the number of a step');
});
