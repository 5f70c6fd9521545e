import { expect, test } from 'vitest';
import { repetitionPenalty } from './repetition-penalty.js';
import type { Episode } from './types.js';

const episode = (completion: string): Episode => ({
  messages: [],
  completion,
  row: {},
  environmentReward: 0,
  end: 'terminated',
});

test.each([
  { text: '5 5 5 5 5', n: 2, reward: -0.75 }, // the check value of TRL for the tokens [5] * 5
  { text: 'a b a b a b', n: 2, reward: -0.6 }, // ab ba ab ba ab: 2 of 5
  { text: 'the cat and the dog and the bird', n: 1, reward: -3 / 8 },
  { text: 'one two three four', n: 3, reward: 0 },
  { text: 'No, no, no', n: 2, reward: -0.5 }, // "no ," ", no" "no ," ", no"
  { text: 'two words', n: 3, reward: 0 },
  { text: '', n: 1, reward: 0 },
])('$text gives $reward for n-grams of $n', ({ text, n, reward }) => {
  expect(repetitionPenalty({ n }).fn(episode(text))).toBeCloseTo(reward, 12);
});

test.each([
  ['a word without end', 'a'.repeat(10_000)],
  ['a script without spaces', '好的'.repeat(1000)],
  ['signs', '!?'.repeat(1000)],
  ['line breaks between', 'ok\n\n'.repeat(1000)],
  ['another case each time', 'Ok oK ok OK '.repeat(500)],
])('repetition does not hide in %s', (_, text) => {
  expect(repetitionPenalty().fn(episode(text))).toBeLessThan(-0.95);
});

test('n-grams can be of token ids, as in TRL: five times the id 5 give -0.75', () => {
  const { fn } = repetitionPenalty({ n: 2, units: () => [5, 5, 5, 5, 5] });
  expect(fn(episode('one word'))).toBe(-0.75);
});

test('the penalty can be set', () => {
  expect(repetitionPenalty({ n: 2, maxPenalty: -4 }).fn(episode('5 5 5 5 5'))).toBe(-3);
});

test.each([
  [0, -1],
  [1.5, -1],
  [2, 0.5],
  [2, Number.NaN],
])('n of %s with a penalty of %s is refused', (n, maxPenalty) => {
  expect(() => repetitionPenalty({ n, maxPenalty })).toThrow(`got n ${n} and maxPenalty`);
});
