// Runs other programs with a limit on silence instead of a limit on time: a slow download that
// still grows may go on, a host that does not answer is given up.
import { spawn } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const KEPT_OUTPUT = 20_000; // characters: enough to tell why a program failed
const running = new Set();

// A child in its own process group outlives Ctrl-C unless it is ended here.
process.on('exit', () => {
  for (const child of running) endTree(child);
});

/**
 * Runs a program and waits for it.
 *
 * @param silenceMs the program is ended when it makes no progress for so long
 * @param measure what progress is: a number that changes, e.g. the bytes in a folder; by default
 *   the characters that the program prints
 * @returns `{ status, signal, output, stdout, isSilent, silentMs, error }`; never throws.
 *   `isSilent` says that it was ended for silence, `silentMs` how long its last silence was.
 */
export function run(command, args, { cwd, env, silenceMs = 60_000, measure } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
    });
    running.add(child);
    let stdout = '';
    let output = '';
    let printed = 0;
    let isSilent = false;
    let last = -1;
    let lastChange = Date.now();

    const look = () => {
      const now = measure?.() ?? printed;
      if (now !== last) {
        last = now;
        lastChange = Date.now();
      } else if (Date.now() - lastChange >= silenceMs) {
        isSilent = true;
        endTree(child);
      }
    };
    const timer = setInterval(look, Math.min(500, silenceMs / 4));
    const finish = (result) => {
      if (!running.delete(child)) return;
      clearInterval(timer);
      resolve({ stdout, output, isSilent, silentMs: Date.now() - lastChange, ...result });
    };
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        printed += text.length;
        output = (output + text).slice(-KEPT_OUTPUT);
        if (stream === child.stdout) stdout = (stdout + text).slice(-KEPT_OUTPUT);
      });
    }
    child.on('error', (error) => finish({ status: null, signal: null, error }));
    // 'close' waits for the pipes, which a grandchild may hold: an ended child settles at 'exit'.
    child.on('exit', (status, signal) => isSilent && finish({ status, signal }));
    child.on('close', (status, signal) => finish({ status, signal }));
  });
}

function endTree(child) {
  try {
    if (process.platform === 'win32') child.kill('SIGKILL');
    else process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/** Bytes in a folder and everything below it; 0 where it does not exist. */
export function folderBytes(folder) {
  let bytes = 0;
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) bytes += folderBytes(path);
      else if (entry.isFile()) bytes += statSync(path).size;
    }
  } catch {
    // Files come and go while another program writes.
  }
  return bytes;
}
