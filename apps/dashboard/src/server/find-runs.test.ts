import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeRun } from '../testing.js';
import { findRuns } from './find-runs.js';
import { isInside } from './inside.js';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'grpo-dashboard-'));
});
afterEach(() => rmSync(root, { recursive: true }));

test('a folder is a run, or holds runs at some depth', () => {
  writeRun(join(root, 'first'), { steps: 1 });
  writeRun(join(root, 'demo', 'grpo'), { steps: 1 });
  mkdirSync(join(root, 'no run'));
  expect(findRuns([root])).toEqual([
    { id: 'demo/grpo', folder: join(root, 'demo', 'grpo') },
    { id: 'first', folder: join(root, 'first') },
  ]);
  expect(findRuns([join(root, 'first')])).toEqual([{ id: 'first', folder: join(root, 'first') }]);
});

test('runs of several folders go by what tells them apart', () => {
  writeRun(join(root, 'a', 'runs', 'run-1'), { steps: 1 });
  writeRun(join(root, 'b', 'runs', 'run-1'), { steps: 1 });
  const ids = (...folders: string[]) =>
    findRuns(folders.map((folder) => join(root, folder))).map(({ id }) => id);
  expect(ids('a/runs', 'b/runs')).toEqual(['a/runs/run-1', 'b/runs/run-1']);
  expect(ids('a/runs', 'a/runs/run-1')).toEqual(['run-1']); // one run, named twice
});

test('links to other folders, and what a checkpoint holds, are no runs', () => {
  writeRun(join(root, 'elsewhere', 'run'), { steps: 1 });
  writeRun(join(root, 'given', 'checkpoints', 'step-1'), { steps: 1 });
  symlinkSync(join(root, 'elsewhere'), join(root, 'given', 'link'));
  expect(findRuns([join(root, 'given')])).toEqual([]);
});

test('a folder that is not there yet holds no runs', () => {
  const folder = join(root, 'runs');
  expect(findRuns([folder])).toEqual([]);
  writeRun(join(folder, 'first'), { steps: 1 });
  expect(findRuns([folder])).toHaveLength(1);
});

test('a path is inside a folder where it lies there once its links are followed', () => {
  writeRun(join(root, 'run'), { steps: 1 });
  writeRun(join(root, 'run-other'), { steps: 1 });
  symlinkSync(join(root, 'run-other', 'config.json'), join(root, 'run', 'linked.json'));
  const isIn = (...path: string[]) => isInside(join(root, 'run'), join(root, ...path));
  expect(isIn('run', 'config.json')).toBe(true);
  expect(isIn('run-other', 'config.json')).toBe(false);
  expect(isIn('run', 'linked.json')).toBe(false);
  expect(isIn('run', 'gone.json')).toBe(false);
});
