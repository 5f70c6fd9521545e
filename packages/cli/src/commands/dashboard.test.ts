import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeRun } from '@grpo/dashboard/testing';
import { afterAll, expect, test } from 'vitest';
import { EXIT } from '../command-error.js';
import { createOutput } from '../output.js';
import { dashboard } from './dashboard.js';

const bin = fileURLToPath(new URL('../../dist/bin.js', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'grpo-dashboard-'));
afterAll(() => rmSync(scratch, { recursive: true }));

test('runs are on a page until the server is told to stop, those too that come later', async () => {
  const child = spawn(process.execPath, [bin, 'dashboard', '--port', '0', '--json'], {
    cwd: scratch,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [told] = (await once(child.stdout, 'data')) as [Buffer];
  const { url } = JSON.parse(told.toString());
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:/);
  expect(await (await fetch(url)).text()).toContain('<script type="module"');
  writeRun(join(scratch, 'runs', 'run-1'), { steps: 2 });
  const runs = await (await fetch(`${url}api/runs`)).json();
  expect(runs).toMatchObject([{ id: 'run-1', step: 2, maxSteps: 2 }]);

  const { stdin, stdout } = process;
  const output = createOutput({ stdin, stdout, stderr: process.stderr, env: {} }, false);
  const request = { folders: [], port: Number(new URL(url).port), host: '127.0.0.1' };
  await expect(dashboard({ ...request, allowedHosts: [] }, output)).rejects.toMatchObject({
    exitCode: EXIT.usage,
    message: expect.stringContaining('needs a free port'),
  });
  child.kill('SIGINT');
  expect(await once(child, 'close')).toEqual([EXIT.done, null]);
});
