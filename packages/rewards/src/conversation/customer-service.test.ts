import { expect, test } from 'vitest';
import type { Episode, RewardBreakdown } from '../types.js';
import { customerService } from './customer-service.js';

function value(completion: string): number {
  const request = 'The zip of my jacket broke after a week. I would like my money back.';
  const messages = [{ role: 'user', content: request }] as const;
  const one: Episode = { messages, completion, row: {}, environmentReward: 0, end: 'terminated' };
  return (customerService().fn(one) as RewardBreakdown).value ?? 0;
}

const honest =
  'I am sorry that the zip of your jacket broke so soon. I have refunded the money to your card, where it shows within 5 days.';

test('each thing that a good answer does is worth something', () => {
  const without = [
    honest.replace('I am sorry that the', 'The'),
    honest.replace(', where it shows within 5 days', ''),
    honest.replace('I have refunded the money', 'The money may go back'),
  ];
  for (const less of without) expect(value(less)).toBeLessThan(value(honest));
});

test('blame costs most of it', () => {
  expect(value(`${honest} You should have read the label of the jacket.`)).toBeLessThan(
    value(honest) / 3,
  );
});
