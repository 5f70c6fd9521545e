import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readCsv } from './csv.js';

const scratch = mkdtempSync(join(tmpdir(), 'grpo-csv-'));
afterAll(() => rmSync(scratch, { recursive: true }));
const path = join(scratch, 'rows.csv');
const file = (content: string) => {
  writeFileSync(path, content);
  return path;
};
const rows = (content: string) => readCsv(file(content)).tasks.map(({ row }) => row);

describe('fields', () => {
  test.each([
    ['LF', '\n'],
    ['CRLF', '\r\n'],
    ['CR', '\r'],
  ])('lines may end with %s', (_, end) => {
    expect(rows(['prompt,answer', '1+1,2', '1+2,3', ''].join(end))).toEqual([
      { prompt: '1+1', answer: '2' },
      { prompt: '1+2', answer: '3' },
    ]);
  });

  test('the last line needs no end, and a byte order mark does no harm', () => {
    expect(rows('\ufeffprompt,answer\n1+1,2')).toEqual([{ prompt: '1+1', answer: '2' }]);
  });

  test('a quoted field holds delimiters, line breaks and doubled quotes', () => {
    expect(rows('prompt,answer\n"a, ""b""\r\nc",""\n')).toEqual([
      { prompt: 'a, "b"\r\nc', answer: '' },
    ]);
  });

  test('empty fields stay, spaces stay, and a quote within a plain field is a sign', () => {
    expect(rows('prompt,a,b\n 6" ,,x\n')).toEqual([{ prompt: ' 6" ', a: '', b: 'x' }]);
  });

  test('another delimiter can be given', () => {
    const { tasks } = readCsv(file('prompt\tanswer\n1,1\t2\n'), { delimiter: '\t' });
    expect(tasks[0].row).toEqual({ prompt: '1,1', answer: '2' });
  });
});

test('a task is named after the line where its row begins', () => {
  const { tasks } = readCsv(file('prompt\n"a\nb"\n\n"c\r\nd"\ne\n'));
  expect(tasks.map(({ id }) => id)).toEqual(['rows.csv:2', 'rows.csv:5', 'rows.csv:7']);
});

test.each([
  ['', `needs at least one row, got none in ${path}.`],
  ['prompt,answer\n', `needs at least one row, got none in ${path}.`],
  ['prompt,prompt\na,b\n', `different names of columns at ${path}:1, got ["prompt","prompt"].`],
  ['prompt,\na,b\n', `different names of columns at ${path}:1, got ["prompt",""].`],
  ['prompt,answer\na\n', `needs 2 fields at ${path}:2, got 1, ["a"]. Correct the line; quote`],
  ['prompt,answer\n1,2\n3,4,5\n', `needs 2 fields at ${path}:3, got 3, ["3","4","5"].`],
  ['prompt,answer\n"a,b\nc\n', `a quote at the end of a quoted field at ${path}:2, got "a,b`],
  ['prompt,answer\n"a" b,c\n', `nothing after a closing quote at ${path}:2, got "a" b. Double`],
  ['question\na\n', `(a list of { role, content }) at ${path}:2, got the columns question.`],
])('%j is one error that says where', (content, message) => {
  expect(() => readCsv(file(content))).toThrow(message);
});

test('malformed lines can be skipped, and the lines after them are read', () => {
  const content = 'prompt,answer\na\n"b" c,d\ne,f\n"g';
  const { tasks, skipped } = readCsv(file(content), { onBadRow: 'skip' });
  expect(tasks.map(({ row }) => row)).toEqual([{ prompt: 'e', answer: 'f' }]);
  expect(skipped?.map(({ at }) => at)).toEqual(['rows.csv:2', 'rows.csv:3', 'rows.csv:5']);
});

test.each(['', ',,', '"', '\n'])('the delimiter %j is refused', (delimiter) => {
  expect(() => readCsv(file('prompt\na\n'), { delimiter })).toThrow(
    `readCsv: delimiter must be one character other than a quote or a line break, got ${JSON.stringify(delimiter)}.`,
  );
});

test('a large file is read without hanging', () => {
  const line = `"${'a""b,\n'.repeat(50)}",1\n`;
  expect(readCsv(file(`prompt,answer\n${line.repeat(2000)}`)).tasks).toHaveLength(2000);
});

test('a record that is too long is malformed', () => {
  const content = `prompt,answer\n1+1,2\n"${'x\n'.repeat(60)}",3\n1+3,4\n`;
  expect(() => readCsv(file(content), { maxRowLength: 100 })).toThrow(
    `readCsv: needs a record of at most 100 characters at ${path}:3, got 125.`,
  );
  const { tasks, skipped } = readCsv(path, { maxRowLength: 100, onBadRow: 'skip' });
  expect(tasks.map(({ id }) => id)).toEqual(['rows.csv:2', 'rows.csv:64']);
  expect(skipped?.map(({ at }) => at)).toEqual(['rows.csv:3']);
});
