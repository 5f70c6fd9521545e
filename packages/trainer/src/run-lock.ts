import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

const FILE = 'run.lock';

/** Who writes a run. */
interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When that process started, where the system tells: process numbers come round again. */
  readonly processStart?: string;
}

/**
 * Takes a run's folder for this process: `run.lock` says who writes it. A lock whose process is gone is taken over.
 *
 * @param say is told of a lock that was taken over
 * @returns gives the folder back
 * @throws if another process holds the folder; the message names it
 */
export function lockRun(folder: string, say: (message: string) => void): () => void {
  const path = join(folder, FILE);
  const self: Holder = { pid: process.pid, host: hostname(), ...startOf(process.pid) };
  while (!create(path, JSON.stringify(self))) {
    const holder = readHolder(path);
    if (holder !== undefined && isAlive(holder)) {
      throw new Error(
        `lockRun: needs a run that no other process writes, got ${folder}, held by process ${holder.pid} on ${holder.host}. Wait for it or stop it; if that machine is gone for good, remove ${path}.`,
      );
    }
    say(`The process that held ${folder} is gone: its lock is taken over.`);
    rmSync(path, { force: true });
  }
  return () => {
    const holder = readHolder(path);
    if (holder?.pid === self.pid && holder.host === self.host) rmSync(path, { force: true });
  };
}

/** Whether a process writes the run: one that was killed does not, though its lock is still there. */
export function isRunHeld(folder: string): boolean {
  const holder = readHolder(join(folder, FILE));
  return holder !== undefined && isAlive(holder);
}

/** False where the file is there already: of two processes one creates it, and nobody sees it half written. */
function create(path: string, text: string): boolean {
  const aside = `${path}.${process.pid}`;
  writeFileSync(aside, text);
  try {
    linkSync(aside, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

/** Undefined for a damaged lock, or one that was given back meanwhile. */
function readHolder(path: string): Holder | undefined {
  try {
    const holder = JSON.parse(readFileSync(path, 'utf8')) as Partial<Holder> | null;
    if (typeof holder?.pid === 'number' && typeof holder.host === 'string') return holder as Holder;
  } catch {
    // Not a lock that anyone holds.
  }
  return undefined;
}

/** A process on another machine cannot be asked: it counts as alive. */
function isAlive({ pid, host, processStart }: Holder): boolean {
  if (host !== hostname()) return true;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // there, but another user's
  }
  const now = startOf(pid).processStart;
  return processStart === undefined || now === undefined || now === processStart;
}

/** Clock ticks from the machine's start to the process's, on Linux; field 22 of /proc/PID/stat. */
function startOf(pid: number): Pick<Holder, 'processStart'> {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const afterName = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { processStart: afterName[19] };
  } catch {
    return {};
  }
}
