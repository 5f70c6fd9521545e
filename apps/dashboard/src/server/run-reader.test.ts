import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runFiles } from '@grpo/trainer';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { episodeLine, startedAt, writeRun } from '../testing.js';
import { RunReader, stateOf } from './run-reader.js';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'grpo-dashboard-'));
});
afterEach(() => rmSync(root, { recursive: true }));

test('a run that resumed, and so cut its records, is shown as it is now', async () => {
  writeRun(root, { steps: 9, episodes: [episodeLine(), episodeLine({ step: 9 })] });
  const reader = new RunReader({ id: 'run', folder: root });
  await reader.refresh();
  expect(reader.summary()).toMatchObject({ step: 9, episodeCount: 2 });
  const { version } = reader.summary();
  rmSync(runFiles(root).episodes);
  writeRun(root, { steps: 4, episodes: [episodeLine({ advantage: 2 })] });
  await reader.refresh();
  expect(reader.summary()).toMatchObject({ step: 4, episodeCount: 1 });
  expect(reader.summary().version).not.toBe(version);
  expect((await reader.episode(0))?.advantage).toBe(2);
  expect(await reader.episode(1)).toBeUndefined();
});

test('a run that has written nothing yet is there, empty', async () => {
  const reader = new RunReader({ id: 'run', folder: root });
  await reader.refresh();
  expect(reader.summary()).toMatchObject({
    state: 'unknown',
    step: 0,
    maxSteps: null,
    metricNames: [],
    lastWrite: 0,
  });
  expect(reader.config()).toEqual({ config: null, run: null });
});

test('a configuration that is being written is no error', () => {
  writeFileSync(runFiles(root).config, '{"seed":');
  expect(new RunReader({ id: 'run', folder: root }).config().config).toBeNull();
});

test('the last word on the state counts', () => {
  const event = (name: 'started' | 'resumed' | 'failed' | 'finished' | 'alarm') => ({
    ...startedAt(0),
    event: name,
  });
  expect(stateOf([])).toBe('unknown');
  expect(stateOf([event('started'), event('alarm')])).toBe('running');
  expect(stateOf([event('started'), event('failed'), event('resumed')])).toBe('running');
  expect(stateOf([event('started'), event('finished')])).toBe('finished');
  expect(stateOf([event('started'), event('failed'), event('alarm')])).toBe('failed');
});
