import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { folderBytes, run } from './process.mjs';
import { temporaryFolder } from './testing.js';

const node = (program: string, options = {}) => run(process.execPath, ['-e', program], options);

test('a program that ends gives its status and what it printed', async () => {
  const result = await node('console.log("out"); console.error("err"); process.exitCode = 3');
  expect(result).toMatchObject({ status: 3, isSilent: false, stdout: 'out\n' });
  expect(result.output).toContain('err');
});

test('a program that does not exist gives an error, not an exception', async () => {
  const result = await run('no-such-program-here', []);
  expect(result.status).toBeNull();
  expect(result.error.code).toBe('ENOENT');
});

test.skipIf(process.platform === 'win32')(
  'a silent program is ended together with the programs it started',
  async () => {
    const file = join(temporaryFolder(), 'grandchild');
    const result = await node(
      `const { pid } = require('node:child_process').spawn('sleep', ['60'], { stdio: 'inherit' });
       require('node:fs').writeFileSync(${JSON.stringify(file)}, String(pid));
       setInterval(() => {}, 1000);`,
      { silenceMs: 1000 },
    );
    expect(result).toMatchObject({ status: null, isSilent: true });
    const grandchild = Number(readFileSync(file, 'utf8'));
    // A killed process stays visible until its parent, or init, has taken its status.
    await expect.poll(() => isRunning(grandchild), { timeout: 5000 }).toBe(false);
  },
);

function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

test('a program that prints nothing goes on while its folder grows', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'download');
  writeFileSync(file, '');
  const growing = setInterval(() => appendFileSync(file, 'bytes'), 50);
  const result = await node('setTimeout(() => {}, 1500)', {
    silenceMs: 600,
    measure: () => folderBytes(folder),
  });
  clearInterval(growing);
  expect(result).toMatchObject({ status: 0, isSilent: false });
});

test('a folder that does not exist holds no bytes', () => {
  expect(folderBytes(join(temporaryFolder(), 'nowhere'))).toBe(0);
});
