import { expect, test } from 'vitest';
import { byteSize, formatHeader, parseHeader } from './header.js';

const parse = (header: unknown, available: number) =>
  parseHeader(Buffer.from(JSON.stringify(header)), available);
const at = (begin: number, end: number, length = (end - begin) / 4) => ({
  dtype: 'F32',
  shape: [length],
  data_offsets: [begin, end],
});

test('entries come in the order in which their data lies', () => {
  const { entries } = parse({ b: at(8, 12), 1: at(0, 0), a: at(0, 8) }, 12);
  expect([...entries.keys()]).toEqual(['1', 'a', 'b']);
  expect(entries.get('b')).toEqual({ dtype: 'F32', shape: [1], begin: 8, end: 12 });
});

test('a header that was made is read back, with its length a multiple of eight', () => {
  const made = formatHeader(
    [
      ['__proto__', { dtype: 'BF16', shape: [3] }],
      ['größe', { dtype: 'F32', shape: [2, 2] }],
    ],
    { format: 'pt' },
  );
  expect(made.length % 8).toBe(0);
  const { entries, metadata } = parseHeader(made, 22);
  expect(metadata).toEqual({ format: 'pt' });
  expect([...entries]).toEqual([
    ['__proto__', { dtype: 'BF16', shape: [3], begin: 0, end: 6 }],
    ['größe', { dtype: 'F32', shape: [2, 2], begin: 6, end: 22 }],
  ]);
});

test('a tensor without numbers takes no bytes, and one without dimensions takes one number', () => {
  expect(byteSize({ dtype: 'F32', shape: [0, 3] })).toBe(0);
  expect(byteSize({ dtype: 'I64', shape: [] })).toBe(8);
});

test.each([
  ['a list', [], 0, 'not a JSON object'],
  ['null', null, 0, 'not a JSON object'],
  ['metadata with a number', { __metadata__: { step: 1 } }, 0, 'metadata'],
  ['an entry that is a text', { x: 'F32' }, 0, '"F32" for "x"'],
  ['an unknown type', { x: { ...at(0, 4), dtype: 'Q4' } }, 4, 'unknown type "Q4" for "x"'],
  ['a shape with a fraction', { x: { ...at(0, 4), shape: [1.5] } }, 4, 'shape [1.5] for "x"'],
  ['a shape below zero', { x: { ...at(0, 4), shape: [-1, -1] } }, 4, 'shape [-1,-1] for "x"'],
  ['one offset', { x: { ...at(0, 4), data_offsets: [0] } }, 4, 'offsets [0] for "x"'],
  ['an offset below zero', { x: at(-4, 0) }, 4, 'offsets [-4,0] for "x"'],
  ['bytes that the shape does not fill', { x: at(0, 8, 3) }, 8, '8 bytes for "x", whose shape [3]'],
  ['a shape too large for memory', { x: at(0, 4, 2 ** 50) }, 4, 'takes 4503599627370496'],
  ['an overlap', { x: at(0, 8), y: at(4, 12) }, 12, '"y" from byte 4 on, where "x" lies up to 8'],
  ['a gap at the start', { x: at(4, 8) }, 8, 'a gap of 4 bytes before "x"'],
  ['a gap between tensors', { x: at(0, 4), y: at(8, 12) }, 12, 'a gap of 4 bytes before "y"'],
  ['data that is cut off', { x: at(0, 8) }, 6, '"x" cut off: it ends at byte 8 of 6'],
  ['data after the last tensor', { x: at(0, 4) }, 6, '2 bytes after the last tensor'],
])('%s is refused', (_what, header, available, message) => {
  expect(() => parse(header, available)).toThrow(message);
});

test('bytes that are not UTF-8 are refused', () => {
  expect(() => parseHeader(Uint8Array.of(0x7b, 0xff, 0x7d), 0)).toThrow('not JSON');
});
