import { expect, test } from 'vitest';
import { numericAnswer } from '../numeric-answer.js';
import { answerOpenRlhf, OpenRlhfRequestError } from './answer-open-rlhf.js';

const request = { query: ['2+2=<answer>4</answer>'], prompts: ['2+2='], labels: ['4'] };

test('a request is answered with one reward per sample', async () => {
  expect(await answerOpenRlhf(request, numericAnswer())).toEqual({
    rewards: [1],
    scores: [1],
    extra_logs: {},
  });
});

test('a reward that does not apply is an error, or the number that was chosen', async () => {
  const reward = { name: 'none', fn: () => null };
  await expect(answerOpenRlhf(request, reward)).rejects.toThrow('does not apply to sample 0');
  expect(await answerOpenRlhf(request, reward, { nullReward: -1 })).toMatchObject({
    rewards: [-1],
  });
});

test('what is no request is said to be none', async () => {
  await expect(answerOpenRlhf({}, numericAnswer())).rejects.toThrow(OpenRlhfRequestError);
});
