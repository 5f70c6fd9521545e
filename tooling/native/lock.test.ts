import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { withLock } from './lock.mjs';
import { temporaryFolder } from './testing.js';

const here = hostname();

test('two set-ups work one after the other, and the second says whom it waits for', async () => {
  const file = join(temporaryFolder(), 'lock');
  const events: string[] = [];
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const first = withLock(file, async () => {
    events.push('first begins');
    await held;
    events.push('first ends');
  });
  const second = withLock(file, async () => events.push('second begins'), {
    onWait: (pid: number) => {
      events.push(`waits for ${pid}`);
      release();
    },
  });
  await Promise.all([first, second]);
  const waits = `waits for ${process.pid}`;
  expect(events).toEqual(['first begins', waits, 'first ends', 'second begins']);
  expect(existsSync(file)).toBe(false);
});

test('a set-up that fails lets the lock go', async () => {
  const file = join(temporaryFolder(), 'lock');
  const fail = async () => {
    throw new Error('no disk');
  };
  await expect(withLock(file, fail)).rejects.toThrow('no disk');
  expect(existsSync(file)).toBe(false);
});

test('the lock of a process that has ended is taken over', async () => {
  const file = join(temporaryFolder(), 'lock');
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  writeFileSync(file, JSON.stringify({ pid, host: here, id: 'old' }));
  expect(await withLock(file, async () => 'done')).toBe('done');
});

test('the lock of a set-up that was killed is taken over by several waiters, one at a time', async () => {
  const file = join(temporaryFolder(), 'lock');
  const module = new URL('./lock.mjs', import.meta.url).href;
  const program = `import { withLock } from ${JSON.stringify(module)};
    await withLock(${JSON.stringify(file)}, () => new Promise(() => console.log('held')));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program]);
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(existsSync(file)).toBe(true);

  let atWork = 0;
  const most: number[] = [];
  const work = async () => {
    atWork += 1;
    most.push(atWork);
    await sleep(20);
    atWork -= 1;
  };
  await Promise.all([1, 2, 3].map(() => withLock(file, work)));
  expect(most).toEqual([1, 1, 1]);
});

test('the lock of another machine holds while it is touched and falls when it is not', async () => {
  const file = join(temporaryFolder(), 'lock');
  writeFileSync(file, JSON.stringify({ pid: 1, host: `not-${here}`, id: 'far' }));
  const waiting = withLock(file, async () => 'done', {
    onWait: () => {
      const twoMinutesAgo = new Date(Date.now() - 120_000);
      utimesSync(file, twoMinutesAgo, twoMinutesAgo);
    },
  });
  expect(await waiting).toBe('done');
});

test('a lock that is let go while someone looks at it is simply taken', async () => {
  const file = join(temporaryFolder(), 'lock');
  writeFileSync(file, ''); // Unreadable and fresh: its owner may be writing it.
  const waiting = withLock(file, async () => 'done', { onWait: () => rmSync(file) });
  expect(await waiting).toBe('done');
});
