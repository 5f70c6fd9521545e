import { expect, test } from 'vitest';
import type { Episode, RewardBreakdown } from '../types.js';
import { engagement } from './engagement.js';

function score(completion: string) {
  const request = 'I started running last month and my knees hurt after five kilometres.';
  const messages = [{ role: 'user', content: request }] as const;
  const one: Episode = { messages, completion, row: {}, environmentReward: 0, end: 'terminated' };
  return (engagement().fn(one) as RewardBreakdown).parts;
}

const advice = 'Sore knees are common in the first month of running, so shorten your stride.';

test('one question on the topic invites; a bare one, an echo, or a row of them does not', () => {
  expect(score(`${advice} Which shoes do you wear when running?`).invitation).toBe(1);
  expect(score(`${advice} Really?`).invitation).toBe(0);
  expect(score(`${advice} Do your knees hurt after five kilometres?`).invitation).toBe(0);
  const three =
    'Which shoes do you wear when running? Do you stretch your knees? Where do you run?';
  expect(score(`${advice} ${three}`).invitation).toBe(0);
});

test('a sentence on the topic must speak to the user', () => {
  expect(score(advice).address).toBe(1);
  expect(score('Sore knees are common in the first month of running.').address).toBe(0);
});
