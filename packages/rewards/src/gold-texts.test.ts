import { expect, test } from 'vitest';
import { goldTexts } from './gold-texts.js';

test.each([
  ['a', ['a']],
  [5, ['5']],
  [
    ['a', 2, null],
    ['a', '2'],
  ],
  [null, []],
  [' ', []],
])('%j gives %j', (answer, texts) => {
  expect(goldTexts('mine', { answer }, 'answer')).toEqual(texts);
});

test('an answer that is no text is an error', () => {
  expect(() => goldTexts('mine', { answer: {} }, 'answer')).toThrow(
    'mine: the column "answer" must hold a text, a number or a list of them, got object.',
  );
});
