// One set-up at a time per cache: others wait, and a lock that its owner left behind is taken over.
import { randomUUID } from 'node:crypto';
import {
  linkSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

const BEAT_MS = 5_000;
const POLL_MS = 250;
/** A living owner touches its lock every 5 s: after a minute without, it is gone or asleep. */
const STALE_MS = 60_000;

/**
 * Runs `work` while holding the lock file, which it creates and removes.
 *
 * @param onWait called once, with the owner's process id, when another set-up holds the lock
 */
export async function withLock(file, work, { onWait = () => {}, staleMs = STALE_MS } = {}) {
  const mine = JSON.stringify({ pid: process.pid, host: hostname(), id: randomUUID() });
  let hasWaited = false;
  while (!create(file, mine)) {
    const seen = look(file);
    if (seen === undefined) continue;
    if (isStale(seen, staleMs)) {
      takeAway(file, seen.text);
      continue;
    }
    if (!hasWaited) onWait(seen.owner.pid);
    hasWaited = true;
    await sleep(POLL_MS);
  }
  const release = () => {
    if (look(file)?.text === mine) rmSync(file, { force: true });
  };
  const beat = setInterval(() => touch(file), BEAT_MS);
  process.on('exit', release);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    process.off('exit', release);
    release();
  }
}

/** Creates the lock complete with its content, or returns false where there is one already. */
function create(file, text) {
  const complete = `${file}.${process.pid}.tmp`;
  writeFileSync(complete, text);
  try {
    linkSync(complete, file);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    // A file system without hard links: an exclusive write is the next best.
    return createExclusive(file, text);
  } finally {
    rmSync(complete, { force: true });
  }
}

function createExclusive(file, text) {
  try {
    writeFileSync(file, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

function look(file) {
  try {
    const text = readFileSync(file, 'utf8');
    return { text, owner: parse(text), ageMs: Date.now() - statSync(file).mtimeMs };
  } catch {
    return undefined; // Its owner has just let it go.
  }
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

function isStale({ owner, ageMs }, staleMs) {
  // A process id means something on its own machine only; the beat holds everywhere.
  return ageMs > staleMs || (owner.host === hostname() && !isAlive(owner.pid));
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Removes a stale lock. Renaming it first makes sure that only one of several waiters does. */
function takeAway(file, staleText) {
  const aside = `${file}.${process.pid}.old`;
  try {
    renameSync(file, aside);
    // Another waiter was faster and this is its fresh lock: put it back.
    if (readFileSync(aside, 'utf8') !== staleText) linkSync(aside, file);
  } catch {
    // Gone already, or replaced already: the next round looks again.
  }
  rmSync(aside, { force: true });
}

function touch(file) {
  const now = new Date();
  try {
    utimesSync(file, now, now);
  } catch {
    // Taken over by another set-up; every write is complete in itself, so nothing breaks.
  }
}
