import { appendFileSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LineFollower } from './line-follower.js';

let root = '';
let path = '';
let seen: number[] = [];
let damaged = 0;
let follower: LineFollower<{ step: number }>;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'grpo-dashboard-'));
  path = join(root, 'lines.jsonl');
  seen = [];
  damaged = 0;
  follower = new LineFollower(path, {
    onLine: ({ record }) => seen.push(record.step),
    onReset: () => {
      seen = [];
    },
    onDamage: () => {
      damaged++;
    },
  });
});
afterEach(() => rmSync(root, { recursive: true }));

const line = (step: number) => `{"step":${step}}\n`;

test('a file that grows is read on, each line once', async () => {
  expect(await follower.read()).toBe(false);
  writeFileSync(path, line(1) + line(2));
  expect(await follower.read()).toBe(true);
  expect(await follower.read()).toBe(false);
  appendFileSync(path, line(3));
  expect(await follower.read()).toBe(true);
  expect(seen).toEqual([1, 2, 3]);
  expect(follower.bytesLeft).toBe(0);
});

test('a line that is being written is left until its end is there', async () => {
  writeFileSync(path, `${line(1)}{"st`);
  await follower.read();
  expect(seen).toEqual([1]);
  expect(follower.bytesLeft).toBe(4);
  appendFileSync(path, 'ep":2}\n');
  await follower.read();
  expect(seen).toEqual([1, 2]);
});

test('a file that was cut and written on, longer than before, is read anew', async () => {
  writeFileSync(path, line(1) + line(2) + line(3));
  await follower.read();
  truncateSync(path, line(1).length);
  appendFileSync(path, line(20) + line(30) + line(40));
  await follower.read();
  expect(seen).toEqual([1, 20, 30, 40]);
});

test('a file that was removed leaves nothing behind', async () => {
  writeFileSync(path, line(1));
  await follower.read();
  rmSync(path);
  expect(await follower.read()).toBe(true);
  expect(seen).toEqual([]);
});

test('damaged lines are counted and passed over, however long', async () => {
  writeFileSync(path, `no json\n${line(1)}\n\n"text"\n${'x'.repeat(200_000)}\n${line(2)}`);
  await follower.read();
  expect(seen).toEqual([1, 2]);
  expect(damaged).toBe(3);
});

test('two reads at the same time are one', async () => {
  writeFileSync(path, line(1));
  await Promise.all([follower.read(), follower.read()]);
  expect(seen).toEqual([1]);
});

test('other work goes on while a long file is read', async () => {
  writeFileSync(path, line(7).repeat(100_000));
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  await follower.read();
  clearInterval(timer);
  expect(seen).toHaveLength(100_000);
  expect(turns).toBeGreaterThan(0);
});
