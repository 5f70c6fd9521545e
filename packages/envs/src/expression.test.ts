import { expect, test } from 'vitest';
import { equalsInteger, evaluate } from './expression.js';

test.each([
  ['1+2*3', 7],
  ['(1+2)*3', 9],
  ['10-4-3', 3],
  ['100/10/2', 5],
  [' ( 8 ÷ 2 ) × 3 − 1 ', 11],
  ['1/3*3', 1], // 1 in exact arithmetic
  ['(1/49)*49', 1], // 0.9999999999999999 as a floating-point number
  ['3-5', -2],
  ['6/(1-3)', -3],
  ['((((7))))', 7],
  ['007', 7],
])('%s is %s', (text, value) => {
  const result = evaluate(text);
  expect(result && equalsInteger(result.value, value)).toBe(true);
  expect(result && equalsInteger(result.value, value + 1)).toBe(false);
});

test('a fraction equals no whole number', () => {
  const result = evaluate('7/2');
  expect([3, 4].map((n) => result && equalsInteger(result.value, n))).toEqual([false, false]);
});

test('the numbers are listed as they stand', () => {
  expect(evaluate('(25-1)*4+25')?.numbers).toEqual([25, 1, 4, 25]);
});

test.each([
  '',
  '1+',
  '+1',
  '-1',
  '1 2',
  '(1',
  '1)',
  '()',
  '2**3',
  '1.5',
  '1e3',
  '1/0',
  '1/(2-2)',
  'x',
  '1+2=3',
  '1;2',
  '9'.repeat(16),
  `${'('.repeat(300)}1${')'.repeat(300)}`,
])('%j is no expression', (text) => {
  expect(evaluate(text)).toBeUndefined();
});

test('a deep expression is evaluated without hanging', () => {
  expect(evaluate(`${'('.repeat(249)}1${')'.repeat(249)}`)?.numbers).toEqual([1]);
  expect(evaluate('('.repeat(500))).toBeUndefined();
});
