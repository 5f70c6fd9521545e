import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { decodeUtf8, readText } from './read-text-file.js';

const scratch = mkdtempSync(join(tmpdir(), 'grpo-read-'));
afterAll(() => rmSync(scratch, { recursive: true }));
const path = join(scratch, 'file');

test('only a byte order mark at the beginning is taken away', () => {
  writeFileSync(path, '\ufeffa\ufeffb');
  expect(readText('readIt', path)).toBe('a\ufeffb');
});

test('other bytes and a missing file are errors that name the reader and the file', () => {
  writeFileSync(path, Uint8Array.of(0x61, 0xe9));
  expect(() => readText('readIt', path)).toThrow(
    `readIt: needs UTF-8 text, got other bytes in ${path}. Save it as UTF-8.`,
  );
  expect(() => readText('readIt', join(scratch, 'none'))).toThrow(/^readIt: .*ENOENT.*Check the/);
});

test.each([
  ['a lone continuation', [0x80]],
  ['a cut character', [0xe2, 0x82]],
  ['a surrogate', [0xed, 0xa0, 0x80]],
  ['UTF-16', [0xff, 0xfe, 0x61, 0x00]],
])('%s is not UTF-8', (_, bytes) => {
  expect(decodeUtf8(Uint8Array.from(bytes))).toBeUndefined();
});
