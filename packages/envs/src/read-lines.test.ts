import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readLines } from './read-lines.js';

const scratch = mkdtempSync(join(tmpdir(), 'grpo-lines-'));
afterAll(() => rmSync(scratch, { recursive: true }));
const path = join(scratch, 'file');
function lines(text: string, maxLength = 1000, pieceLength = 4) {
  writeFileSync(path, text);
  return [...readLines('readIt', path, maxLength, pieceLength)].map(
    ({ line, bytes }) => [line, bytes && Buffer.from(bytes).toString()] as const,
  );
}

test.each([1, 2, 3, 4, 5, 100])('lines are whole in pieces of %i bytes', (pieceLength) => {
  expect(lines('\ufeffone\n\ntwö 🌍\r\n\ufeffend', 1000, pieceLength)).toEqual([
    [1, 'one'],
    [2, ''],
    [3, 'twö 🌍\r'],
    [4, '\ufeffend'],
  ]);
});

test('an end of the last line makes no further line, and an empty file has none', () => {
  expect(lines('a\nb\n')).toEqual([
    [1, 'a'],
    [2, 'b'],
  ]);
  expect(lines('')).toEqual([]);
});

test('a line that is longer than allowed is passed over, and the next is read', () => {
  expect(lines(`12345\n${'x'.repeat(5000)}\n123456\nend`, 5)).toEqual([
    [1, '12345'],
    [2, undefined],
    [3, undefined],
    [4, 'end'],
  ]);
});

test('a missing file and a folder are errors that name reader and cause', () => {
  const read = (at: string) => [...readLines('readIt', at, 10)];
  expect(() => read(join(scratch, 'none'))).toThrow(/^readIt: .*ENOENT.* Check the path\.$/);
  expect(() => read(scratch)).toThrow(/^readIt: .*EISDIR.* Check the path\.$/);
});
