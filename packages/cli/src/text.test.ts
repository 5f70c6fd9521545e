import { expect, it } from 'vitest';
import { cut, duration, oneLine, printable, short, table } from './text.js';

it('what a model writes cannot steer a terminal', () => {
  expect(printable('a\u001b[2Jb\u009bc\r\nd\te')).toBe('a\uFFFD[2Jb\uFFFDc\uFFFD\nd\te');
  expect(oneLine(' two\n lines ')).toBe('two lines');
});

it('a cut text fills the cells it has, wide characters counted twice', () => {
  expect(cut('abcd', 4)).toBe('abcd');
  expect(cut('abcde', 4)).toBe('abc…');
  expect(cut('日本語', 6)).toBe('日本語');
  expect(cut('日本語', 5)).toBe('日本…');
  expect(cut('▁▂▃', 3)).toBe('▁▂▃');
});

it('durations have hours where there are any', () => {
  expect([0, 59.6, 3725, -1].map(duration)).toEqual(['0:00', '1:00', '1:02:05', '0:00']);
});

it('numbers keep three digits, large ones are whole', () => {
  expect([0.123456, 12345.6, 0, Number.NaN].map(short)).toEqual(['0.123', '12346', '0', 'NaN']);
});

it('columns stand below each other', () => {
  expect(
    table([
      ['a', 'bb', 'c'],
      ['aaa', 'b', ''],
    ]),
  ).toEqual(['a    bb  c', 'aaa  b']);
  expect(table([])).toEqual([]);
});
