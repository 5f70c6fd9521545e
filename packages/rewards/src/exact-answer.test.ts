import { expect, test } from 'vitest';
import { exactAnswer } from './exact-answer.js';
import type { Episode } from './types.js';

function episode(completion: string, answer: unknown = 'New York'): Episode {
  return { messages: [], completion, row: { answer }, environmentReward: 0, end: 'terminated' };
}

test.each([
  '<answer>New York</answer>',
  'I think <answer>\n new   york </answer> it is.',
  '<answer>Boston</answer><answer>NEW YORK</answer>',
])('%j is right', (completion) => {
  expect(exactAnswer().fn(episode(completion))).toBe(1);
});

test.each([
  'New York',
  '',
  '<answer></answer>',
  '<answer>New York City</answer>',
  '<answer>NewYork</answer>',
  '<answer>New York</answer><answer>Boston</answer>',
  '<answer>New York, Boston</answer>',
])('%j is wrong', (completion) => {
  expect(exactAnswer().fn(episode(completion))).toBe(0);
});

test('case can count', () => {
  const { fn } = exactAnswer({ isCaseSensitive: true });
  expect(fn(episode('<answer>New York</answer>'))).toBe(1);
  expect(fn(episode('<answer>new york</answer>'))).toBe(0);
});

test('one of several answers is enough, and numbers are texts', () => {
  expect(exactAnswer().fn(episode('<answer>NYC</answer>', ['New York', 'NYC']))).toBe(1);
  expect(exactAnswer().fn(episode('<answer>7</answer>', 7))).toBe(1);
});

test('accents are equal in both of their forms', () => {
  expect(exactAnswer().fn(episode('<answer>cafe\u0301</answer>', 'caf\u00e9'))).toBe(1);
});

test('an empty answer is met only by an empty answer', () => {
  expect(exactAnswer().fn(episode('<answer> </answer>', ''))).toBe(1);
  expect(exactAnswer().fn(episode('', ''))).toBe(0);
});

test.each([null, undefined, [], [null]])('an answer of %j does not apply', (answer) => {
  expect(exactAnswer().fn({ ...episode('<answer>x</answer>'), row: { answer } })).toBeNull();
});

test('another column and pattern can be given, and a missing column is an error', () => {
  const { fn } = exactAnswer({ column: 'city', pattern: /city: (.*)/ });
  const base = episode('city: Paris');
  expect(fn({ ...base, row: { city: 'paris' } })).toBe(1);
  expect(() => fn(base)).toThrow('exactAnswer: the row needs a column "city", got');
});
