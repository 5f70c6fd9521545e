import { expect, test } from 'vitest';
import { multipleChoice } from './multiple-choice.js';
import type { Episode } from './types.js';

const choices = ['London', 'Paris', 'Rome'];
const episode = (completion: string, answer: unknown = 'B'): Episode => ({
  messages: [],
  completion,
  row: { answer, choices },
  environmentReward: 0,
  end: 'terminated',
});

test.each([
  '<answer>B</answer>',
  'The answer is (b).',
  '\\boxed{\\text{B}}',
  'Answer: B) Paris',
  '<answer>Option B</answer>',
  '**Answer:** **B**',
])('%j names B', (completion) => {
  expect(multipleChoice().fn(episode(completion))).toBe(1);
});

test.each([
  '',
  'B',
  '<answer>A</answer>',
  '<answer>A B</answer>',
  '<answer>B or C</answer>',
  '<answer>B) or C) both</answer>',
  '<answer>Bananas</answer>',
  'The answer is unclear.',
])('%j does not name B', (completion) => {
  expect(multipleChoice().fn(episode(completion))).toBe(0);
});

test('the text of a choice counts where the choices are known', () => {
  const { fn } = multipleChoice({ choicesColumn: 'choices' });
  expect(fn(episode('<answer>paris.</answer>'))).toBe(1);
  expect(fn(episode('<answer>rome</answer>'))).toBe(0);
});

test('a row without an answer is left out', () => {
  expect(multipleChoice().fn(episode('<answer>B</answer>', null))).toBeNull();
});
