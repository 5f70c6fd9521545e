import { expect, test } from 'vitest';
import { contentWords, nGrams, sentences, withoutCode, words } from './words.js';

test('words are lower case, with contractions as one', () => {
  expect(words("Don't STOP, 4471!")).toEqual(['dont', 'stop', '4471']);
});

test('content words leave grammar out and meet across endings', () => {
  expect(contentWords("I've refunded the orders, don't you")).toEqual(contentWords('refund order'));
});

test('sentences end at their signs and at lines; those without words are none', () => {
  expect(sentences('One. Two!\n- three\n---\n')).toEqual(['One.', 'Two!', '- three']);
});

test('code is taken out, also where its end is missing', () => {
  expect(withoutCode('a ```x = 1``` b ```y')).toBe('a   b  ');
});

test('of an endless answer the beginning alone is looked at', () => {
  expect(withoutCode('word '.repeat(100_000))).toHaveLength(20_000);
});

test('a list shorter than n has no n-grams', () => {
  expect(nGrams(['a', 'b', 'c'], 2)).toEqual(['a b', 'b c']);
  expect(nGrams(['a'], 2)).toEqual([]);
});
