import { expect, test } from 'vitest';
import { ANSWER_TAG, answerFinder } from './answer-tag.js';

test.each([
  ['<answer>a</answer>', 'a'],
  ['<answer>a</answer> or <answer>b\nc</answer>.', 'b\nc'],
  ['<answer>a<answer>b</answer>', 'b'],
  ['<answer></answer>', ''],
  ['<answer>a', undefined],
  ['a</answer>', undefined],
  ['', undefined],
])('the answer in %j is %j', (completion, answer) => {
  expect(answerFinder('r', ANSWER_TAG)(completion)).toBe(answer);
});

test('a pattern finds its last match, whatever its flags, call after call', () => {
  const find = answerFinder('r', /a(\d)/iy);
  expect(find('a1 A2')).toBe('2');
  expect(find('a1 A2')).toBe('2');
});

test('a pattern without a group is refused', () => {
  expect(() => answerFinder('numericAnswer', /Total: \d+/)).toThrow(
    'numericAnswer: pattern needs a group around the answer, got /Total: \\d+/ without one.',
  );
});
