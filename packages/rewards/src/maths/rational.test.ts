import { expect, test } from 'vitest';
import { rational } from './rational.js';

test.each([
  ['1/2 + .25', 3n, 4n],
  ['1.5*10^3', 1500n, 1n],
  ['2e-3', 1n, 500n],
  ['1 1/2', 3n, 2n],
  ['-1 1/2', -3n, 2n],
  ['50%', 1n, 2n],
  ['-2^2', -4n, 1n],
  ['2^-1', 1n, 2n],
  ['2^3^2', 512n, 1n],
  ['((1)/(2))', 1n, 2n],
  ['1,234.5', 2469n, 2n],
  ['6/-4', -3n, 2n],
  ['- -3', 3n, 1n],
  ['0.1 + 0.2', 3n, 10n],
])('%s is %s/%s', (text, top, bottom) => {
  expect(rational(text)).toEqual({ top, bottom });
});

test.each(['', 'x', '1/0', '1,23', '9^9^9^9', '2^0.5', '1 2', '(1', '1)', '+', '1e999999', '.'])(
  '%j is not worked out',
  (text) => {
    expect(rational(text)).toBeNull();
  },
);

test.each([`${'('.repeat(5000)}1`, '9'.repeat(100_000), `1${'*99'.repeat(20_000)}`])(
  'an answer of %# is given up before it takes long',
  (text) => {
    expect(rational(text)).toBeNull();
  },
);
