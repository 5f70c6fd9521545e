import { expect, test } from 'vitest';
import { mathsShape } from './shape.js';

const leaf = (text: string) => ({ kind: 'leaf', text });

test.each([
  ['1,234', leaf('1,234')],
  ['1, 2', { kind: 'set', items: [leaf('1'), leaf('2')] }],
  ['⦃2⦄', { kind: 'set', items: [leaf('2')] }],
  ['(1, 2]', { kind: 'row', brackets: '(]', items: [leaf('1'), leaf('2')] }],
  [']1, 2[', { kind: 'row', brackets: '()', items: [leaf('1'), leaf('2')] }],
  ['x = 5', leaf('5')],
  ['f(x) = 5', leaf('5')],
  ['1 + 1 = 2', { kind: 'equation', left: '1 + 1 ', right: ' 2' }],
  ['x = 1 + 1 = 2', leaf('2')],
  ['x > 3', { kind: 'row', brackets: '()', items: [leaf('3'), leaf('infinity')] }],
  ['3 >= x', { kind: 'row', brackets: '(]', items: [leaf('-infinity'), leaf('3')] }],
  ['5 > x ≥ 1', { kind: 'row', brackets: '[)', items: [leaf('1'), leaf('5')] }],
  ['2 ± 1', { kind: 'set', items: [leaf('2  + ( 1)'), leaf('2  - ( 1)')] }],
  ['(x+1)(x-1)', leaf('(x+1)(x-1)')],
  ['', leaf('')],
])('%s has the shape %o', (text, shape) => {
  expect(mathsShape(text)).toEqual(shape);
});

test('a shape that nests beyond reason ends as a leaf', () => {
  expect(JSON.stringify(mathsShape('['.repeat(500) + ']'.repeat(500)))).toContain('"leaf"');
});
