import { expect, test } from 'vitest';
import { canonicalDecimal } from './decimal.js';

test.each([
  ['85', '85.0'],
  ['85', '+85'],
  ['85', '85.'],
  ['85', '085.00'],
  ['85', '8.5e1'],
  ['85', ' 85\n'],
  ['1234', '1,234'],
  ['1234567.5', '1,234,567.50'],
  ['-3', '\u22123'],
  ['0', '-0.00'],
  ['.5', '0.5'],
  ['0.1', '100e-3'],
  ['1e21', '1000000000000000000000'],
])('%s and %s are the same number', (left, right) => {
  expect(canonicalDecimal(left)).not.toBeNull();
  expect(canonicalDecimal(left)).toBe(canonicalDecimal(right));
});

test.each([
  ['85', '86'],
  ['85', '-85'],
  ['850', '85'],
  ['0.1', '0.10000000000000001'], // equal as floating-point numbers
  ['9007199254740992', '9007199254740993'], // equal as floating-point numbers
  ['1e400', '1e401'], // both infinite as floating-point numbers
])('%s and %s are different numbers', (left, right) => {
  expect(canonicalDecimal(left)).not.toBeNull();
  expect(canonicalDecimal(left)).not.toBe(canonicalDecimal(right));
});

test.each([
  '',
  ' ',
  '.',
  '-',
  'e5',
  '1e',
  '1,23',
  '12,34',
  '1,2345',
  '1234,567',
  ',123',
  '1 2',
  '1.2.3',
  '--1',
  '0x10',
  '1/2',
  'NaN',
  'Infinity',
  '85 apples',
  '1e9999999999',
])('"%s" is not one number', (text) => {
  expect(canonicalDecimal(text)).toBeNull();
});

test('a million digits are read without hanging', () => {
  expect(canonicalDecimal(`${'0'.repeat(1_000_000)}7${'0'.repeat(1_000_000)}`)).toBe('7e1000000');
  expect(canonicalDecimal(`${'1'.repeat(1_000_000)}x`)).toBeNull();
});
