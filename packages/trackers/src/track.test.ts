import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { appendMetrics } from '@grpo/trainer';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { csv } from './csv.js';
import { SinkFailure } from './sink-failure.js';
import { follow, track } from './track.js';
import type { Point, Sink } from './types.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'grpo-track-'));
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ hfToken: 'unseen', seed: 1 }));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const QUICK = { retryDelayMs: 1, env: {}, say: () => {} };

/** Keeps steps in memory; `fail` runs before each write. */
function memory(fail: () => void | Promise<void> = () => {}) {
  const steps: number[] = [];
  const points: Point[] = [];
  const configs: unknown[] = [];
  const ends: string[] = [];
  const sink: Sink = {
    name: 'memory',
    start: async ({ run }) => {
      configs.push(run.config);
      return {};
    },
    write: async (given, state) => {
      await fail();
      points.push(...given);
      steps.push(...given.map(({ step }) => step));
      return state;
    },
    rewind: async (step, state) => {
      steps.splice(0, steps.length, ...steps.filter((old) => old <= step));
      return state;
    },
    finish: async (status, state) => {
      ends.push(status);
      return state;
    },
  };
  return { sink, steps, points, configs, ends };
}

function append(...steps: readonly number[]): void {
  const path = join(folder, 'metrics.jsonl');
  for (const step of steps) appendMetrics(path, { step, a: step, 'time/step': 2 });
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await pause(2);
}

it('hands over what training writes, and says how the run ended', async () => {
  const { sink, steps, points, configs, ends } = memory();
  const { tracker, close } = track(folder, [sink], QUICK);
  for (const step of [1, 2, 3]) {
    append(step);
    tracker({ step });
    await until(() => steps.length === step);
  }
  await close('stopped');
  expect(steps).toEqual([1, 2, 3]);
  expect(points[2].timeMs - points[0].timeMs).toBe(4000);
  expect(points[0].values).toEqual({ a: 1, 'time/step': 2 });
  expect(configs).toEqual([{ hfToken: '[redacted]', seed: 1 }]);
  expect(ends).toEqual(['stopped']);
});

it('training does not wait for a sink that hangs, and the end waits no longer than allowed', async () => {
  const { sink } = memory(() => new Promise(() => {}));
  const { tracker, close, counts } = track(folder, [sink], QUICK);
  append(1);
  expect(tracker({ step: 1 })).toBeUndefined();
  expect(await close('finished', { timeoutMs: 20 })).toMatchObject({
    memory: { points: 0, isCaughtUp: false },
  });
  expect(counts().memory.isCaughtUp).toBe(false);
});

it('a sink that fails is told of once, tried again, and gets every step once', async () => {
  let left = 4;
  const said: string[] = [];
  const { sink, steps } = memory(() => {
    if (left-- > 0) throw new Error('full disk, api_key=abcdefgh12345678');
  });
  append(1, 2);
  const { tracker, close } = track(folder, [sink], { ...QUICK, say: (line) => said.push(line) });
  await until(() => left < 3);
  append(3);
  tracker({ step: 3 });
  const { memory: counts } = await close();
  expect(steps).toEqual([1, 2, 3]);
  expect(counts).toMatchObject({ points: 3, errors: 4, isCaughtUp: true });
  expect(said).toEqual([
    'memory: full disk, api_key=[redacted] It is tried again; training goes on.',
    'memory: works again; what it missed has been handed over.',
  ]);
});

it('a failure that trying again cannot mend is told of, and the sink left alone', async () => {
  const said: string[] = [];
  let calls = 0;
  const { sink } = memory(() => {
    calls++;
    throw new SinkFailure('no such key.', { isRetryable: false });
  });
  append(1);
  const tracking = track(folder, [sink], { ...QUICK, say: (line) => said.push(line) });
  await until(() => said.length > 0);
  append(2);
  tracking.tracker({ step: 2 });
  const { memory: counts } = await tracking.close();
  expect(calls).toBe(1);
  expect(counts).toMatchObject({ errors: 1, isCaughtUp: false, lastError: 'no such key.' });
  expect(said).toEqual(['memory: no such key. It is left alone; training goes on.']);
});

it('one sink that fails does not hold up another', async () => {
  const bad = memory(() => {
    throw new Error('down');
  });
  const good = memory();
  append(1, 2);
  const sinks = [{ ...bad.sink, name: 'bad' }, good.sink];
  const counts = await track(folder, sinks, QUICK).close('finished', { timeoutMs: 50 });
  expect(good.steps).toEqual([1, 2]);
  expect(counts.bad.points).toBe(0);
  expect(bad.ends).toEqual([]);
});

it('whoever is told may throw', async () => {
  let left = 1;
  const { sink, steps } = memory(() => {
    if (left-- > 0) throw new Error('once');
  });
  append(1);
  const say = () => {
    throw new Error('nobody listens');
  };
  await track(folder, [sink], { ...QUICK, say }).close();
  expect(steps).toEqual([1]);
});

it('after a break it goes on where it was, with what was written meanwhile', async () => {
  const { sink, steps, configs } = memory();
  append(1, 2);
  await track(folder, [sink], QUICK).close();
  append(3, 4);
  await track(folder, [sink], QUICK).close();
  expect(steps).toEqual([1, 2, 3, 4]);
  expect(configs).toHaveLength(1);
});

it('follows a run that another process writes, until it is told to end', async () => {
  const { sink, steps, ends } = memory();
  const end = new AbortController();
  const following = follow(folder, [sink], { ...QUICK, signal: end.signal, pollMs: 2 });
  append(1);
  await until(() => steps.length === 1);
  append(2);
  await until(() => steps.length === 2);
  append(3);
  end.abort();
  expect(await following).toMatchObject({ memory: { points: 3, isCaughtUp: true } });
  expect(steps).toEqual([1, 2, 3]);
  expect(ends).toEqual([]);
});

it('two sinks of one name are refused', () => {
  expect(() => track(folder, [csv(), csv()])).toThrow(
    'track: needs sinks of different names, got "csv" twice. Rename one.',
  );
});
