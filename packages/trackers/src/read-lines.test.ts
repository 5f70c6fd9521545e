import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { hasLine, readLines } from './read-lines.js';

let path = '';
beforeEach(() => {
  path = join(mkdtempSync(join(tmpdir(), 'grpo-lines-')), 'metrics.jsonl');
});
afterEach(() => rmSync(join(path, '..'), { recursive: true, force: true }));

it('reads on from a place, whole lines alone', async () => {
  writeFileSync(path, '{"step":1}\n{"step":2,"ü":1}\n{"step":3}');
  const [first, second, ...rest] = await readLines(path, 0, 1000);
  expect([first.record, second.record, rest]).toEqual([{ step: 1 }, { step: 2, ü: 1 }, []]);
  expect(await readLines(path, first.end, 1000)).toEqual([second]);
  expect(await readLines(path, second.end, 1000)).toEqual([]);
});

it('reads about as much as asked for, and a longer line alone', async () => {
  writeFileSync(path, `{"step":1}\n{"step":2,"a":"${'x'.repeat(100)}"}\n{"step":3}\n`);
  const steps: unknown[] = [];
  for (let from = 0; ; ) {
    const lines = await readLines(path, from, 16);
    if (lines.length === 0) break;
    steps.push(lines.map(({ record }) => record?.step));
    from = lines.at(-1)?.end ?? 0;
  }
  expect(steps).toEqual([[1], [2], [3]]);
});

it('a line without a whole step is no record', async () => {
  writeFileSync(path, '\n{"step":1.5}\n{"step":"1"}\n[1]\nnull\n{"step":0}\n');
  const lines = await readLines(path, 0, 1000);
  expect(lines.map(({ record }) => record)).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
    { step: 0 },
  ]);
});

it('sees whether a line still stands where it stood', async () => {
  writeFileSync(path, '{"step":1}\n{"step":2}\n');
  const [, second] = await readLines(path, 0, 1000);
  expect(await hasLine(path, second)).toBe(true);
  writeFileSync(path, '{"step":1}\n{"step":3}\n');
  expect(await hasLine(path, second)).toBe(false);
  writeFileSync(path, '{"step":1}\n');
  expect(await hasLine(path, second)).toBe(false);
  rmSync(path);
  expect(await hasLine(path, second)).toBe(false);
  expect(await readLines(path, 0, 1000)).toEqual([]);
});
