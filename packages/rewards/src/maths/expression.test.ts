import { expect, test } from 'vitest';
import { loadCompareExpressions } from './expression.js';

const { isEqual, isProportional } = await loadCompareExpressions();

test.each([
  ['(x+1)^2', 'x^2+2x+1'],
  ['sqrt(8)', '2 sqrt(2)'],
  ['arcsin(1)', 'pi/2'],
  ['|x|', 'sqrt(x^2)'],
  ['sqrt(-4)', '2i'],
])('%s equals %s', (a, b) => {
  expect(isEqual(a, b)).toBe(true);
});

test.each([
  ['x^2', 'x^3'],
  ['sqrt(2)', '1.4142'],
  ['x+y', 'x+z'],
  ['1/(x-x)', '1/(x-x)'],
])('%s does not equal %s', (a, b) => {
  expect(isEqual(a, b)).toBe(false);
});

test.each([
  'zeros(1e9)',
  'import("fs")',
  'x = 5',
  '[1, 2]',
  '1:1e9',
  'f(x) = x + 1',
  '"a" + 1',
  'x.constructor + 1',
  'createUnit("a") + 1',
  'blue',
  '2 +',
  '',
])('%s is no expression', (text) => {
  expect(isEqual(text, '1 + 1')).toBeUndefined();
});

test('expressions are proportional where a constant factor stands between them', () => {
  expect(isProportional('2x - 6', 'x - 3')).toBe(true);
  expect(isProportional('x*y - 1', 'x*y - 2')).toBe(false);
  expect(isProportional('0*x', 'x + 0')).toBe(false);
});
