import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { openPeer } from './racer.js';
import { type Workload, workloads } from './workloads.js';

const folder = mkdtempSync(join(tmpdir(), 'grpo-racer-'));
const [workload] = workloads as [Workload];
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A program that stands in for Python. */
function standIn(name: string, body: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!${process.execPath}\n${body}\n`);
  chmodSync(path, 0o755);
  return path;
}

it('a peer takes a step for each line, with the lengths that it is given', async () => {
  const python = standIn(
    'echo.cjs',
    `const say = (answer) => console.log(JSON.stringify(answer));
     const [script, task] = process.argv.slice(2);
     say({ kind: 'ready', name: script.split(/[\\\\/]/).at(-1) + ' ' + JSON.parse(task).name });
     require('node:readline').createInterface({ input: process.stdin }).on('line', (line) =>
       say({ kind: 'step', seconds: JSON.parse(line).length, parts: { sampling: 1 }, peakMib: 2 }));`,
  );
  const peer = await openPeer(python, workload);
  expect(peer.ready.name).toBe('peer_trl.py W1');
  expect(await peer.step([1, 2, 3])).toMatchObject({ seconds: 3, parts: { sampling: 1 } });
  expect(await peer.step([1])).toMatchObject({ seconds: 1 });
  peer.close();
});

it('a peer that ends tells why, in its own last words', async () => {
  const python = standIn(
    'broken.cjs',
    "console.error('No module named trl');\nprocess.exitCode = 1;",
  );
  await expect(openPeer(python, workload)).rejects.toThrow('No module named trl');
  await expect(openPeer(join(folder, 'absent'), workload)).rejects.toThrow('ENOENT');
});
