import { expect, test } from 'vitest';
import { type RougeKind, rouge } from './rouge.js';
import type { Episode } from './types.js';

function reward(completion: string, answer: unknown, by?: RougeKind) {
  const episode: Episode = {
    messages: [],
    completion,
    row: { answer },
    environmentReward: 0,
    end: 'terminated',
  };
  return rouge(by && { by }).fn(episode);
}
const FOX = 'The quick brown fox jumps over the lazy dog';

// By hand: 6 of 8 and 9 words, 2 of 7 and 8 pairs, 5 in order. The same from a second implementation in Python.
test.each([
  { by: 'rouge1', precision: 6 / 8, recall: 6 / 9, value: 0.7058823529411765 },
  { by: 'rouge2', precision: 2 / 7, recall: 2 / 8, value: 0.26666666666666666 },
  { by: 'rougeL', precision: 5 / 8, recall: 5 / 9, value: 0.5882352941176471 },
] as const)('$by of the fox and the log is $value', ({ by, precision, recall, value }) => {
  const result = reward('The quick brown dog jumps on the log.', FOX, by);
  expect(result).toEqual({ value: expect.closeTo(value, 12), parts: { precision, recall } });
});

test('the same text gives 1, another 0', () => {
  expect(reward(FOX, FOX)).toMatchObject({ value: 1 });
  expect(reward('nothing shared', FOX)).toMatchObject({ value: 0 });
  expect(reward('', FOX)).toMatchObject({ value: 0 });
  expect(reward('one', 'one', 'rouge2')).toMatchObject({ value: 0 });
});

test('of several references the closest counts', () => {
  expect(reward(FOX, ['nothing', FOX.toUpperCase()])).toMatchObject({ value: 1 });
});

test('repeating a word and adding words do not pay', () => {
  const { value: plain } = reward('quick brown fox', FOX, 'rouge1') as { value: number };
  const { value: stuffed } = reward('quick '.repeat(50), FOX, 'rouge1') as { value: number };
  const { value: padded } = reward(`${FOX} ${'and so on '.repeat(50)}`, FOX, 'rouge1') as {
    value: number;
  };
  expect(stuffed).toBeLessThan(plain);
  expect(padded).toBeLessThan(plain);
});

test('a row without a reference is left out', () => {
  expect(reward(FOX, null)).toBeNull();
});

test('two huge texts are compared at their beginnings', () => {
  expect(reward('a b '.repeat(500_000), 'b a '.repeat(500_000))).toMatchObject({
    value: expect.closeTo(3999 / 4000, 12),
  });
});
