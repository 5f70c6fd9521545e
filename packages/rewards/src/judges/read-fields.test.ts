import { describe, expect, test } from 'vitest';
import { readField, readNumber, readWord } from './read-fields.js';

describe('numbers', () => {
  test('a number in range passes, also in quotes', () => {
    expect(readNumber({ score: 3 }, 'score', 1, 10)).toBe(3);
    expect(readNumber({ score: ' 3.5 ' }, 'score', 1, 10)).toBe(3.5);
  });

  test.each([11, 0, '11', null, '', true, Number.NaN, [3], { value: 3 }, '3/10'])(
    '%j is refused rather than forced into the range',
    (score) => {
      expect(() => readNumber({ score }, 'score', 1, 10)).toThrow(
        '"score" must be a number from 1 to 10',
      );
    },
  );
});

test('words are read in any case, and others are refused', () => {
  expect(readWord({ verdict: ' YES ' }, 'verdict', ['yes', 'no'])).toBe('yes');
  expect(readWord({ verdict: 'a' }, 'verdict', ['A', 'B'])).toBe('A');
  expect(() => readWord({ verdict: 'maybe' }, 'verdict', ['yes', 'no'])).toThrow('one of yes, no');
});

test('a field that is not there, or only inherited, is named', () => {
  expect(() => readField({}, 'toString')).toThrow('it needs a field "toString"');
  expect(() => readField(null, 'score')).toThrow('it needs a field "score"');
});
