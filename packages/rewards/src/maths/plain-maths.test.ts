import { expect, test } from 'vitest';
import { plainMaths } from './plain-maths.js';

test.each([
  ['\\dfrac{1}{2}', '((1)/(2))'],
  ['\\frac12', '((1)/(2))'],
  ['3\\frac12', '(3+((1)/(2)))'],
  ['x\\frac12', 'x((1)/(2))'],
  ['x^{2}', 'x^(2)'],
  ['\\sqrt[3]{x}', 'nthRoot(x,3)'],
  ['\\sqrt2', 'sqrt(2)'],
  ['\\left( 1 , 2 \\right]', '( 1 , 2 ]'],
  ['\\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix}', '[[ 1 , 2 ],[ 3 , 4 ]]'],
  ['90^\\circ', '90"degree"'],
  ['90^{\\circ}', '90"degree"'],
  ['5\\,\\text{cm}', '5"cm"'],
  ['\\{1\\}', '⦃1⦄'],
  ['2 − 1 × 3', '2 - 1 * 3'],
  ['$\\pi$', 'pi'],
])('%s is %s', (latex, plain) => {
  expect(plainMaths(latex)).toBe(plain);
});

test.each(['{', '}', '\\frac{1}', '\\sqrt', '\\begin{pmatrix}1', '\\text{open', '{'.repeat(40)])(
  '%s cannot be read',
  (text) => {
    expect(plainMaths(text)).toBeNull();
  },
);
