import { expect, test, vi } from 'vitest';
import { mathAnswer } from './math-answer.js';
import type { Episode } from './types.js';

function episode(completion: string, row: Episode['row']): Episode {
  return { messages: [], completion, row, environmentReward: 0, end: 'terminated' };
}

test.each([
  { completion: 'So \\boxed{\\frac{1}{2}}', answer: '0.5', reward: 1 },
  { completion: '<answer>1,000</answer>', answer: 1000, reward: 1 },
  { completion: 'The answer is $2\\sqrt{2}$.', answer: '$\\sqrt{8}$', reward: 1 },
  { completion: '\\boxed{5}', answer: 'We add: \\boxed{5}.', reward: 1 },
  { completion: '\\boxed{5}', answer: ['4', '5'], reward: 1 },
  { completion: '\\boxed{5}', answer: 5n, reward: 1 },
  { completion: '\\boxed{6}', answer: '5', reward: 0 },
  { completion: '\\boxed{5} or \\boxed{6}', answer: '5', reward: 0 },
  { completion: '\\boxed{4, 5, 6}', answer: '5', reward: 0 },
  { completion: '\\boxed{}', answer: '5', reward: 0 },
  { completion: '5', answer: '5', reward: 0 },
  { completion: '\\boxed{5}', answer: null, reward: null },
  { completion: '\\boxed{5}', answer: '', reward: null },
  { completion: '\\boxed{5}', answer: [], reward: null },
])('$completion for $answer gives $reward', async ({ completion, answer, reward }) => {
  expect(await mathAnswer().fn(episode(completion, { answer }))).toBe(reward);
});

test('another column and pattern can be given', async () => {
  const { fn } = mathAnswer({ column: 'gold', pattern: /=> (.*)/ });
  expect(await fn(episode('=> 2/4', { gold: '1/2' }))).toBe(1);
});

test('an answer in the row that is no text is an error', async () => {
  await expect(mathAnswer().fn(episode('\\boxed{5}', { answer: { a: 1 } }))).rejects.toThrow(
    'mathAnswer: the row\'s answer must be a text or a number, got {"a":1}.',
  );
});

test('without mathjs, numbers are still compared, and roots name the package to install', async () => {
  vi.doMock('mathjs', () => {
    throw new Error('not there');
  });
  vi.resetModules();
  const { mathAnswer: alone } = await import('./math-answer.js');
  expect(await alone().fn(episode('\\boxed{2/4}', { answer: '1/2' }))).toBe(1);
  await expect(alone().fn(episode('\\boxed{2\\sqrt2}', { answer: '\\sqrt8' }))).rejects.toThrow(
    'Install it: npm install mathjs.',
  );
  vi.doUnmock('mathjs');
});
