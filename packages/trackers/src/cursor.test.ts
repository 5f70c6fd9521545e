import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Cursor, cursorPath, readCursor, writeCursor } from './cursor.js';

let path = '';
beforeEach(() => {
  path = cursorPath(mkdtempSync(join(tmpdir(), 'grpo-cursor-')), 'csv');
});
afterEach(() => rmSync(join(path, '../..'), { recursive: true, force: true }));

const cursor: Cursor = {
  version: 1,
  id: 'a',
  startedMs: 5,
  lostMs: 0,
  marks: [],
  state: { bytes: 3 },
};

it('comes back as it was written, and leaves no file aside', async () => {
  await writeCursor(path, cursor);
  await writeCursor(path, { ...cursor, id: 'b' });
  expect(await readCursor(path)).toEqual({ ...cursor, id: 'b' });
  expect(readdirSync(dirname(path))).toEqual(['csv.json']);
});

it('is undefined where there is none, and where it is damaged', async () => {
  expect(await readCursor(path)).toBeUndefined();
  await writeCursor(path, cursor);
  for (const text of ['', 'null', '{"version":1', '{"version":2,"id":"a","marks":[]}']) {
    writeFileSync(path, text);
    expect(await readCursor(path)).toBeUndefined();
  }
});
