import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { appendJsonLines, keepJsonLinesUpTo, readJsonLines } from './json-lines.js';

const scratch = mkdtempSync(join(tmpdir(), 'grpo-lines-'));
afterAll(() => rmSync(scratch, { recursive: true }));
const recordsOf = (path: string, from?: number) =>
  [...readJsonLines<{ step: number }>(path, from)].map(({ record }) => record);

test('what was appended is read, also where a line is longer than what is read at once', () => {
  const path = join(scratch, 'long.jsonl');
  const records = [{ step: 1, text: 'ä\n'.repeat(100_000) }, { step: 2 }, { step: 3, text: '😀' }];
  appendJsonLines(path, records.slice(0, 1));
  appendJsonLines(path, records.slice(1));
  appendJsonLines(path, []);
  expect(recordsOf(path)).toEqual(records);
});

test('a line that is being written is left out until it is whole, and a reader can go on from where it was', () => {
  const path = join(scratch, 'growing.jsonl');
  appendFileSync(path, '{"step":1}\n{"st');
  const lines = [...readJsonLines<{ step: number }>(path)];
  expect(lines).toEqual([{ record: { step: 1 }, start: 0, end: 11 }]);
  appendFileSync(path, 'ep":2}\n');
  expect(recordsOf(path, lines[0].end)).toEqual([{ step: 2 }]);
});

test('a file is cut after a step, a broken last line with it', () => {
  const path = join(scratch, 'cut.jsonl');
  writeFileSync(path, '{"step":1}\n{"step":2}\n{"step":2}\n{"step":3}\n{"ste');
  keepJsonLinesUpTo(path, 2);
  expect(readFileSync(path, 'utf8')).toBe('{"step":1}\n{"step":2}\n{"step":2}\n');
  writeFileSync(path, '{"step":1}\n{"step":2}\n{"ste');
  keepJsonLinesUpTo(path, 5);
  expect(readFileSync(path, 'utf8')).toBe('{"step":1}\n{"step":2}\n');
  keepJsonLinesUpTo(path, 0);
  expect(readFileSync(path, 'utf8')).toBe('');
});

test('a file that is not there holds no records', () => {
  keepJsonLinesUpTo(join(scratch, 'none.jsonl'), 3);
  expect(recordsOf(join(scratch, 'none.jsonl'))).toEqual([]);
});

test.each(['nonsense', '7', 'null'])(
  'a whole line that is %s is an error with its place',
  (line) => {
    const path = join(scratch, 'bad.jsonl');
    writeFileSync(path, `{"step":1}\n${line}\n{"step":2}\n`);
    expect(() => recordsOf(path)).toThrow(`got "${line}" at byte 11 of ${path}`);
  },
);
