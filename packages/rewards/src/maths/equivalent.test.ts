import { describe, expect, test } from 'vitest';
import { areEquivalent } from './equivalent.js';
import { loadCompareExpressions } from './expression.js';

const compare = await loadCompareExpressions();

const SAME: readonly (readonly [string, string])[] = [
  ['1/3', '2/6'],
  ['\\frac{1}{2}', '0.5'],
  ['\\dfrac12', '1/2'],
  ['\\tfrac{3}4', '0.75'],
  ['50\\%', '0.5'],
  ['50\\%', '1/2'],
  ['50', '50\\%'],
  ['1{,}000', '1000'],
  ['1,000', '1000'],
  ['10^3', '1000'],
  ['1.5\\times 10^{3}', '1500'],
  ['3\\frac{1}{2}', '7/2'],
  ['1 1/2', '1.5'],
  ['x=5', '5'],
  ['x = 5', 'x=5.0'],
  ['\\{1,2\\}', '\\{2,1\\}'],
  ['1,2', '2, 1'],
  ['x=1 or x=2', '1,2'],
  ['1 \\text{ and } 2', '1,2'],
  ['[1,2)', '[1, 2)'],
  ['\\left[1,\\frac42\\right)', '[1,2)'],
  ['(-\\infty, 3)', 'x<3'],
  ['1<x\\le 2', '(1,2]'],
  ['(1,2)\\cup(3,4)', '(3,4)\\cup (1,2)'],
  ['5\\text{ cm}', '5'],
  ['5 cm', '5 cm'],
  ['5 cm', '5\\,\\text{cm}'],
  ['90^\\circ', '90'],
  ['90^{\\circ}', '90 degrees'],
  ['90°', '90^\\circ'],
  ['$5', '5'],
  ['\\$5.00', '5'],
  ['\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}', '\\begin{bmatrix}1&2\\\\3&\\frac82\\end{bmatrix}'],
  ['(1,2,3)', '(1, 2, \\frac{6}{2})'],
  ['\\sqrt{8}', '2\\sqrt{2}'],
  ['\\frac{\\sqrt2}{2}', '\\frac1{\\sqrt{2}}'],
  ['3\\pi/6', '\\frac{\\pi}{2}'],
  ['(x+1)^2', 'x^2+2x+1'],
  ['2x', 'x\\cdot 2'],
  ['xy+1', '1+yx'],
  ['\\pm 2', '\\{-2,2\\}'],
  ['x=\\pm\\sqrt{2}', '\\{\\sqrt2,-\\sqrt2\\}'],
  ['2\\pm\\sqrt{3}', '2+\\sqrt3, 2-\\sqrt3'],
  ['y=2x+1', '2x+1'],
  ['y = 2x+1', 'y=1+2x'],
  ['2x+3y=6', '4x+6y=12'],
  ['\\text{Paris}', 'paris'],
  ['\\text{(B)}', '(B)'],
  ['\\sin(x)^2+\\cos(x)^2', '1'],
  ['e^{i\\pi}', '-1'],
  ['\\ln(e^2)', '2'],
  ['-\\frac{1}{2}', '-0.5'],
  ['\\frac{-1}{2}', '-1/2'],
  ['x^{\\frac12}', '\\sqrt{x}'],
  ['|x|', '\\sqrt{x^2}'],
  ['f(x)=x+1', 'x+1'],
  ['\\sqrt[3]{27}', '3'],
  ['12\\,345', '12345'],
  ['2^{10}', '1024'],
  ['1e3', '1000'],
  ['π', '\\pi'],
  ['2√3', '2\\sqrt{3}'],
  ['\\frac{x+2}{7}', '(x+2)/7'],
  ['5!', '120'],
  ['**5**', '5'],
  ['5.', '5'],
  ['\\(5\\)', '5'],
  ['0.1', '\\frac{1}{10}'],
  ['3+2i', '2i+3'],
  ['10 \\text{ cm}^2', '10 cm^2'],
  ['\\{\\}', '\\{\\}'],
  ['\\emptyset', '\\emptyset'],
  ['\\frac{a}{b}', 'a/b'],
  ['6 units', '6'],
  ['x \\in [1,2]', '[1,2]'],
  ['.5', '0.5'],
  ['\\log_2 8', '\\log_2 8'],
];

const DIFFERENT: readonly (readonly [string, string])[] = [
  ['1/3', '0.333'],
  ['5', '6'],
  ['1,2', '1,3'],
  ['1,2', '1'],
  ['(1,2)', '(2,1)'],
  ['[1,2)', '[1,2]'],
  ['x=5', 'x=6'],
  ['5 cm', '5 m'],
  ['5 cm', '5 kg'],
  ['', '5'],
  ['9^9^9^9', '9'],
  ['5 or 6', '5'],
  ['\\sqrt2', '1.414'],
  ['blue', 'lube'],
  ['no', 'on'],
  ['2^{100}', '2^{100}+1'],
  ['x', 'y'],
  ['x', 'X'],
  ['(x+1)^2', 'x^2+1'],
  ['1/0', '1/0+1'],
  ['\\infty', '5'],
  ['1000', '1,00'],
  ['zeros(1e9)', '0'],
  ['ones(100000,100000)', '1'],
  ['2x+3y=6', '2x+3y=7'],
  ['x=5', '5=6'],
  ['\\{1,2\\}', '(1,2)'],
  ['((((((1', '1'],
  ['50\\%', '0.05'],
  ['5\\text{ is not } 6', '6'],
  ['undefined', 'NaN'],
  ['12', '1 2'],
  ['1:2', '1/3'],
  ['a', '5'],
  ['$', '5'],
  ['\\frac{}{}', '1'],
  ['x=1 or x=2', 'x=1'],
  ['0.5', '5%'],
];

describe('with mathjs', () => {
  test.each(SAME)('%s and %s are the same, either way round', (a, b) => {
    expect(areEquivalent(a, b, compare)).toBe(true);
    expect(areEquivalent(b, a, compare)).toBe(true);
  });

  test.each(DIFFERENT)('%s and %s differ, either way round', (a, b) => {
    expect(areEquivalent(a, b, compare)).toBe(false);
    expect(areEquivalent(b, a, compare)).toBe(false);
  });
});

describe('without mathjs', () => {
  test('no pair is decided otherwise than with it', () => {
    const wrong = SAME.filter(([a, b]) => areEquivalent(a, b) === false);
    const alsoWrong = DIFFERENT.filter(([a, b]) => areEquivalent(a, b) === true);
    expect([...wrong, ...alsoWrong]).toEqual([]);
  });

  test('numbers, sets, intervals, matrices and units are decided', () => {
    const decided = SAME.filter(([a, b]) => areEquivalent(a, b) === true);
    expect(decided.length).toBeGreaterThanOrEqual(54);
  });

  test('roots are left open', () => {
    expect(areEquivalent('\\sqrt{8}', '2\\sqrt{2}')).toBeUndefined();
  });
});

test.each([
  ['brackets', '('.repeat(1000)],
  ['braces', '{'.repeat(1000)],
  ['a tower of powers', `${'9^'.repeat(400)}9`],
  ['unfinished fractions', '\\frac'.repeat(190)],
  ['nested roots', `${'\\sqrt'.repeat(190)}2`],
  ['factorials', `5${'!'.repeat(300)}`],
  ['signs', `${'-'.repeat(900)}1`],
  ['a long list', '1,'.repeat(499)],
  ['alternatives', 'x=1 or '.repeat(120)],
  ['nested plus-minus', '1±'.repeat(300)],
  ['unions', '∪'.repeat(900)],
  ['a megabyte', '9'.repeat(1_000_000)],
])('%s as an answer come to an end and are wrong', (_, answer) => {
  for (const gold of ['5', '\\sqrt{2}x', '\\{1, 2\\}']) {
    expect(areEquivalent(answer, gold, compare)).toBe(false);
  }
});
