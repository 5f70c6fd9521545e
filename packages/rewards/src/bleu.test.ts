import { expect, test } from 'vitest';
import { bleu } from './bleu.js';
import type { Episode } from './types.js';

function reward(completion: string, answer: unknown, maxN?: number) {
  const episode: Episode = {
    messages: [],
    completion,
    row: { answer },
    environmentReward: 0,
    end: 'terminated',
  };
  return bleu(maxN === undefined ? {} : { maxN }).fn(episode);
}
const GUIDE = [
  'It is a guide to action that ensures that the military will forever heed Party commands',
  'It is the guiding principle which guarantees the military forces always being under the command of the Party',
  'It is the practical guide for the army always to heed the directions of the party',
];

// The sentences of the paper; values from a second implementation in Python. The first is NLTK's documented 0.5045….
test.each([
  {
    said: 'It is a guide to action which ensures that the military always obeys the commands of the party',
    gold: GUIDE,
    value: 0.5045666840058485,
  },
  {
    said: 'It is to insure the troops forever hearing the activity guidebook that party direct',
    gold: GUIDE,
    value: 0.06963003305718092,
  },
  {
    said: 'the the the the the the the',
    gold: ['the cat is on the mat', 'there is a cat on the mat'],
    value: 0.07809849842300641,
  },
  { said: 'the cat', gold: 'the cat sat on the mat', value: Math.exp(-2) },
])('$said gives $value', ({ said, gold, value }) => {
  expect(reward(said, gold)).toBeCloseTo(value, 12);
});

test('with single words, the seven times "the" of the paper give 2/7', () => {
  expect(reward('the the the the the the the', ['the cat is on the mat'], 1)).toBeCloseTo(
    2 / 7,
    12,
  );
});

test('the same text gives 1, another and none 0, a row without reference null', () => {
  expect(reward(GUIDE[0], GUIDE)).toBe(1);
  expect(reward('nothing shared', GUIDE)).toBe(0);
  expect(reward('', GUIDE)).toBe(0);
  expect(reward('a', [])).toBeNull();
});

test.each([0, 1.5])('maxN of %s is refused', (maxN) => {
  expect(() => bleu({ maxN })).toThrow(`got ${maxN}`);
});
