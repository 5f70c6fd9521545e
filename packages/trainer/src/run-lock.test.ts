import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { isRunHeld, lockRun } from './run-lock.js';

const scratch = mkdtempSync(join(tmpdir(), 'grpo-lock-'));
const lock = join(scratch, 'run.lock');
const said: string[] = [];
const say = (message: string) => said.push(message);
beforeEach(() => {
  rmSync(lock, { force: true });
  said.length = 0;
});
afterAll(() => rmSync(scratch, { recursive: true }));

test('a run is one process’s until it is given back', () => {
  const release = lockRun(scratch, say);
  expect(isRunHeld(scratch)).toBe(true);
  expect(() => lockRun(scratch, say)).toThrow(`held by process ${process.pid} on ${hostname()}`);
  release();
  expect(existsSync(lock)).toBe(false);
  expect(isRunHeld(scratch)).toBe(false);
  lockRun(scratch, say)();
  expect(said).toEqual([]);
});

test('a lock of a process that lives is kept, and one of a process that was killed is taken over', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  writeFileSync(lock, JSON.stringify({ pid: child.pid, host: hostname() }));
  expect(() => lockRun(scratch, say)).toThrow(`held by process ${child.pid}`);
  child.kill('SIGKILL');
  await once(child, 'close');
  expect(isRunHeld(scratch)).toBe(false);
  lockRun(scratch, say)();
  expect(said).toEqual([`The process that held ${scratch} is gone: its lock is taken over.`]);
});

test.runIf(process.platform === 'linux')(
  'a process number that came round again holds nothing',
  () => {
    writeFileSync(lock, JSON.stringify({ pid: process.pid, host: hostname(), processStart: '1' }));
    lockRun(scratch, say)();
    expect(said).toHaveLength(1);
  },
);

test('a lock of another machine is kept', () => {
  writeFileSync(lock, JSON.stringify({ pid: 1, host: 'elsewhere' }));
  expect(() => lockRun(scratch, say)).toThrow(`if that machine is gone for good, remove ${lock}`);
});

test.each(['', '{"pid":', 'null'])('a lock that a crash left as "%s" is taken over', (text) => {
  writeFileSync(lock, text);
  lockRun(scratch, say);
  expect(JSON.parse(readFileSync(lock, 'utf8')).pid).toBe(process.pid);
});

test('a lock that another process took over is not removed by the one before', () => {
  const release = lockRun(scratch, say);
  writeFileSync(lock, JSON.stringify({ pid: process.pid + 1, host: hostname() }));
  release();
  expect(existsSync(lock)).toBe(true);
});
