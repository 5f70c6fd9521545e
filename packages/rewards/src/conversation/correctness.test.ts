import { describe, expect, test } from 'vitest';
import type { Episode, RewardBreakdown } from '../types.js';
import { correctness } from './correctness.js';

function score(completion: string, row: Episode['row'] = { answer: 'Canberra' }) {
  const messages = [{ role: 'user', content: 'What is the capital city of Australia?' }] as const;
  const one: Episode = { messages, completion, row, environmentReward: 0, end: 'terminated' };
  return correctness().fn(one) as RewardBreakdown | null;
}

describe('a short reference', () => {
  test('a right answer scores, alone or in a sentence, and a wrong one does not', () => {
    expect(score('Canberra')?.value).toBeGreaterThan(0.4);
    expect(score('The capital of Australia is Canberra.')?.value).toBeGreaterThan(0.8);
    expect(score('The capital of Australia is Sydney.')?.value).toBe(0);
  });

  test('naming it to deny it is wrong, and naming every answer is half right at most', () => {
    expect(score('The capital of Australia is not Canberra but Sydney.')?.parts.found).toBe(0);
    const hedged = score('The capital of Australia is Sydney or Canberra or Perth.');
    expect(hedged?.parts.commitment).toBe(0.5);
  });

  test('it must stand as words of its own', () => {
    const row = { answer: '85' };
    expect(score('The capital of Australia has the code 1850.', row)?.value).toBe(0);
  });
});

test('a long reference is found by the share of its content words', () => {
  const row = { answer: 'Canberra was founded in 1913 as a planned city.' };
  expect(score('Canberra was founded in 1913.', row)?.parts.found).toBe(3 / 5);
});

test('a row without a reference does not apply', () => {
  expect(score('Canberra', {})).toBeNull();
  expect(score('Canberra', { answer: '' })).toBeNull();
});
