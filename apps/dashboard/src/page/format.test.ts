import { expect, test } from 'vitest';
import { ago, shownNumber, shownTime, shownValue, signed } from './format.js';

test.each([
  [0, '0'],
  [0.123456, '0.1235'],
  [-1.5, '−1.5'],
  [12345, '12,345'],
  [1234.567, '1,234.6'],
  [0.0000123, '1.23e−5'],
  [12_345_678.9, '1.23e+7'],
  [Number.NaN, '–'],
  [null, '–'],
  [Number.NEGATIVE_INFINITY, '−∞'],
])('%s is shown as %s', (value, text) => {
  expect(shownNumber(value)).toBe(text);
});

test('an advantage has its sign', () => {
  expect([0.5, -0.5, 0, null].map(signed)).toEqual(['+0.5', '−0.5', '0', '–']);
});

test('times and values are for people', () => {
  expect([4000, 125_000, 7.3e6, 2e8, -5].map(ago)).toEqual([
    '4 s ago',
    '2 min ago',
    '2 h ago',
    '2 d ago',
    '0 s ago',
  ]);
  expect(shownTime('2026-11-01T12:30:05.123Z')).toBe('2026-11-01 12:30:05');
  expect(shownTime('soon')).toBe('soon');
  expect([undefined, '', 'a', [1, 2], null].map(shownValue)).toEqual([
    '–',
    '(empty)',
    'a',
    '[1,2]',
    'null',
  ]);
});
