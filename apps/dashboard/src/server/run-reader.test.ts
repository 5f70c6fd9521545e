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
    state: 'stopped',
    step: 0,
    maxSteps: null,
    metricNames: [],
    lastWrite: 0,
  });
  expect(reader.config()).toEqual({ config: null, run: null });
});

test('rewards count as much as the run says', async () => {
  writeRun(root, { steps: 1, episodes: [episodeLine({ rewards: { answer: 1, style: 2 } })] });
  writeFileSync(runFiles(root).run, '{"rewards":{"answer":1,"style":0.25}}');
  const reader = new RunReader({ id: 'run', folder: root });
  await reader.refresh();
  expect(reader.episodes.entries[0].rewardSum).toBe(1.5);
});

test('a configuration that is being written is no error', () => {
  writeFileSync(runFiles(root).config, '{"seed":');
  expect(new RunReader({ id: 'run', folder: root }).config().config).toBeNull();
});

test('a run is running while a process holds it; else its last word counts', () => {
  const event = (name: 'started' | 'resumed' | 'failed' | 'finished' | 'alarm') => ({
    ...startedAt(0),
    event: name,
  });
  const state = (...names: readonly Parameters<typeof event>[0][]) =>
    stateOf(names.map(event), false);
  expect(state()).toBe('stopped');
  expect(state('started', 'alarm')).toBe('stopped');
  expect(state('started', 'failed', 'resumed')).toBe('stopped');
  expect(state('started', 'finished')).toBe('finished');
  expect(state('started', 'failed', 'alarm')).toBe('failed');
  expect(stateOf([event('finished')], true)).toBe('running');
});

test('a run that goes on shows the steps that it was told last', async () => {
  const told = (event: 'started' | 'resumed', maxSteps: number) => ({
    ...startedAt(0),
    event,
    fields: { maxSteps },
  });
  writeRun(root, { steps: 5, events: [told('started', 5), told('resumed', 9)] });
  const reader = new RunReader({ id: 'run', folder: root });
  await reader.refresh();
  expect(reader.summary().maxSteps).toBe(9);
});
