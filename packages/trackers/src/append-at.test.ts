import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { appendAt } from './append-at.js';
import { SinkStateLost } from './sink-failure.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'grpo-append-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('makes the file and its folder, then writes at the end', async () => {
  const path = join(folder, 'a', 'b');
  expect(await appendAt(path, Buffer.from('one'), 0)).toBe(3);
  expect(await appendAt(path, Buffer.from('two'), 3)).toBe(6);
  expect(readFileSync(path, 'utf8')).toBe('onetwo');
});

it('cuts off what was never acknowledged', async () => {
  const path = join(folder, 'a');
  await appendAt(path, Buffer.from('one'), 0);
  appendFileSync(path, 'half of');
  await appendAt(path, Buffer.from('two'), 3);
  expect(readFileSync(path, 'utf8')).toBe('onetwo');
  await appendAt(path, Buffer.from('x'), 0);
  expect(readFileSync(path, 'utf8')).toBe('x');
});

it('a file that is shorter or gone is lost', async () => {
  const path = join(folder, 'a');
  await expect(appendAt(path, Buffer.from('b'), 1)).rejects.toThrow(SinkStateLost);
  writeFileSync(path, 'a');
  await expect(appendAt(path, Buffer.from('b'), 2)).rejects.toThrow(SinkStateLost);
  expect(readFileSync(path, 'utf8')).toBe('a');
});
