import { expect, test } from 'vitest';
import { findMathAnswer } from './find-answer.js';

test.each([
  ['So \\boxed{5}.', '5'],
  ['\\boxed{4} no, \\boxed{\\frac{1}{2}}', '\\frac{1}{2}'],
  ['\\boxed{\\{1, 2\\}}', '\\{1, 2\\}'],
  ['\\boxed 7', '7'],
  ['<answer>3</answer> \\boxed{5}', '5'],
  ['<answer>3</answer>', '3'],
  ['The final answer is $5$. I hope it is correct.', '$5$'],
  ['Answer: 3.5 cm', '3.5 cm'],
  ['**Answer:** 42.', ' 42'],
])('in %j the answer is %j', (text, answer) => {
  expect(findMathAnswer(text)?.trim()).toBe(answer.trim());
});

test.each(['', '5', '\\boxed{5', '<answer>5', '\\boxed{4} \\boxed{5', '\\boxed{'.repeat(50_000)])(
  'in %j there is none',
  (text) => {
    expect(findMathAnswer(text)).toBeUndefined();
  },
);
