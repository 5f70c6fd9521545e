import { expect, test } from 'vitest';
import { ngramCounts, sharedCount, wordsOf } from './words.js';

test.each([
  ['The quick-brown fox, 2 dogs!', ['the', 'quick', 'brown', 'fox', '2', 'dogs']],
  ['Über naïve', ['über', 'naïve']],
  ['東京 ok', ['東', '京', 'ok']],
  ['…!', []],
  ['', []],
])('%j has the words %j', (text, words) => {
  expect(wordsOf(text)).toEqual(words);
});

test('of a text without end, the beginning is looked at', () => {
  expect(wordsOf('a '.repeat(1_000_000))).toHaveLength(4000);
});

test('shared n-grams count as often as in the text that has fewer', () => {
  const [a, b] = ['the the the cat', 'the the dog'].map((text) => ngramCounts(wordsOf(text), 1));
  expect(sharedCount(a, b)).toBe(2);
});
