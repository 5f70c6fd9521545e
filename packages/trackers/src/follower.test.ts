import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { csv } from './csv.js';
import { cursorPath } from './cursor.js';
import { createFollower, type Follower } from './follower.js';
import type { Sink } from './types.js';

let folder = '';
let metrics = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'grpo-follower-'));
  metrics = join(folder, 'metrics.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const signal = new AbortController().signal;

async function all(follower: Follower): Promise<{ points: number; badLines: number }> {
  const sum = { points: 0, badLines: 0 };
  for (;;) {
    const { points, badLines, isCaughtUp } = await follower.deliver(signal);
    sum.points += points;
    sum.badLines += badLines;
    if (isCaughtUp) return sum;
  }
}

function append(from: number, to: number, shift = 0): void {
  for (let step = from; step <= to; step++)
    appendFileSync(metrics, `${JSON.stringify({ step, a: step + shift })}\n`);
}

/** Records what it is asked to do. */
function recorder() {
  const calls: string[] = [];
  const sink: Sink = {
    name: 'recorder',
    start: async () => {
      calls.push('start');
      return { at: 0 };
    },
    write: async (points, { at }) => {
      calls.push(`write ${points[0].step}-${points.at(-1)?.step} at ${at}`);
      return { at: Number(at) + points.length };
    },
    rewind: async (step, state) => {
      calls.push(`rewind ${step}`);
      return state;
    },
  };
  return { sink, calls };
}

it('starts with the first record, not before the run has written its config', async () => {
  const { sink, calls } = recorder();
  const follower = createFollower(folder, sink);
  await all(follower);
  expect(calls).toEqual([]);
  append(1, 2);
  await all(follower);
  expect(calls).toEqual(['start', 'write 1-2 at 0']);
});

it('a line that is being written is left for later', async () => {
  const { sink, calls } = recorder();
  const follower = createFollower(folder, sink);
  writeFileSync(metrics, '{"step":1,"a":1}\n{"step":2,');
  await all(follower);
  appendFileSync(metrics, '"a":2}\n');
  await all(follower);
  expect(calls).toEqual(['start', 'write 1-1 at 0', 'write 2-2 at 1']);
});

it('lines that are no records are counted and left out, and null is a gap', async () => {
  writeFileSync(metrics, '{"step":1,"a":null,"b":"text","c":3}\nnonsense\n{"a":1}\n{"step":2}\n');
  const points: unknown[] = [];
  const sink: Sink = {
    ...recorder().sink,
    write: async (given, state) => {
      points.push(...given.map(({ step, values }) => ({ step, values })));
      return state;
    },
  };
  expect(await all(createFollower(folder, sink))).toEqual({ points: 2, badLines: 2 });
  expect(points).toEqual([
    { step: 1, values: { c: 3 } },
    { step: 2, values: {} },
  ]);
});

it('goes back where a resumed run cut its records, even if they have grown past the place', async () => {
  const { sink, calls } = recorder();
  append(1, 10);
  await all(createFollower(folder, sink));
  const kept = readFileSync(metrics, 'utf8').split('\n').slice(0, 6).join('\n').length + 1;
  truncateSync(metrics, kept);
  append(7, 30, 0.5);
  await all(createFollower(folder, sink));
  expect(calls).toEqual(['start', 'write 1-10 at 0', 'rewind 6', 'write 7-30 at 10']);
});

it('a step that is written again is later than it was', async () => {
  const times: number[][] = [];
  const sink: Sink = {
    ...recorder().sink,
    write: async (points, state) => {
      times.push(points.map(({ timeMs }) => timeMs));
      return state;
    },
  };
  const lines = [1, 2, 3].map((step) => JSON.stringify({ step, 'time/step': 2 }));
  writeFileSync(metrics, `${lines.join('\n')}\n`);
  await all(createFollower(folder, sink));
  const again = JSON.stringify({ step: 2, 'time/step': 1 });
  writeFileSync(metrics, `${lines[0]}\n${again}\n`);
  await all(createFollower(folder, sink));
  const [[first, , third], [second]] = times;
  expect([third - first, second - third]).toEqual([4000, 1000]);
});

it('goes back at most a little too far in a long run, and to the start of a run that began anew', async () => {
  const { sink, calls } = recorder();
  append(1, 2000);
  await all(createFollower(folder, sink));
  const lines = readFileSync(metrics, 'utf8').split('\n');
  writeFileSync(metrics, `${lines.slice(0, 1000).join('\n')}\n`);
  append(1001, 1100, 0.5);
  calls.length = 0;
  await all(createFollower(folder, sink));
  const step = Number(calls[0].replace('rewind ', ''));
  expect(step).toBeLessThanOrEqual(1000);
  expect(step).toBeGreaterThan(1000 - 128);
  writeFileSync(metrics, '');
  append(1, 3, 0.25);
  calls.length = 0;
  await all(createFollower(folder, sink));
  expect(calls[0]).toBe('rewind 0');
});

it('a crash before the cursor was written repeats the delivery, and the file holds each step once', async () => {
  const cursor = cursorPath(folder, 'csv');
  append(1, 5);
  await all(createFollower(folder, csv()));
  const before = readFileSync(cursor, 'utf8');
  append(6, 9);
  await all(createFollower(folder, csv()));
  const whole = readFileSync(join(folder, 'metrics.csv'), 'utf8');
  writeFileSync(cursor, before);
  await all(createFollower(folder, csv()));
  expect(readFileSync(join(folder, 'metrics.csv'), 'utf8')).toBe(whole);
  expect(whole.trimEnd().split('\n')).toHaveLength(10);
});

it('a sink starts over where its cursor is damaged, and where what it wrote is gone', async () => {
  append(1, 5);
  await all(createFollower(folder, csv()));
  const whole = readFileSync(join(folder, 'metrics.csv'), 'utf8');
  writeFileSync(cursorPath(folder, 'csv'), '{"version":');
  await all(createFollower(folder, csv()));
  expect(readFileSync(join(folder, 'metrics.csv'), 'utf8')).toBe(whole);
  rmSync(join(folder, 'metrics.csv'));
  append(6, 6);
  await all(createFollower(folder, csv()));
  expect(readFileSync(join(folder, 'metrics.csv'), 'utf8')).toBe(`${whole}6,6\n`);
});

it('a folder without a run is left as it is', async () => {
  expect(await all(createFollower(folder, csv()))).toEqual({ points: 0, badLines: 0 });
  expect(existsSync(join(folder, 'trackers'))).toBe(false);
});

it('a name that is no file name is refused', () => {
  expect(() => createFollower(folder, { ...csv(), name: '../csv' })).toThrow(
    'createFollower: needs a sink named by lower-case letters, digits and hyphens, got "../csv". Rename it.',
  );
});
