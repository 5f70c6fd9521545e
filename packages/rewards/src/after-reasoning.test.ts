import { expect, test } from 'vitest';
import { afterReasoning } from './after-reasoning.js';
import { mathAnswer } from './math-answer.js';
import type { Episode } from './types.js';

const episode = (completion: string): Episode => ({
  messages: [],
  completion,
  row: { answer: '2' },
  environmentReward: 0,
  end: 'terminated',
});

test.each([
  { completion: '<think>\\boxed{1}</think> \\boxed{2}', r: 1 },
  { completion: '<think>\\boxed{2}</think> \\boxed{1}', r: 0 },
  { completion: '<think>\\boxed{2}</think> done', r: 0 },
  { completion: '<think>\\boxed{2}', r: 0 },
  { completion: '\\boxed{2}', r: 0 },
  { completion: '</think>\\boxed{1}</think>\\boxed{2}', r: 1 },
])('$completion gives $r', async ({ completion, r }) => {
  expect(await afterReasoning(mathAnswer()).fn(episode(completion))).toBe(r);
});

test('other delimiters can be given, and name and weight stay', async () => {
  const reward = afterReasoning({ ...mathAnswer(), weight: 2 }, { delimiters: ['</a>', '</b>'] });
  expect(reward).toMatchObject({ name: 'mathAnswer', weight: 2 });
  expect(await reward.fn(episode('</b>\\boxed{1}</a>\\boxed{2}'))).toBe(1);
  expect(() => afterReasoning(mathAnswer(), { delimiters: [] })).toThrow('needs delimiters');
});
