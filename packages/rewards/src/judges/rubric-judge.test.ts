import { describe, expect, test } from 'vitest';
import { scriptedChatModel } from '../chat-models/function-chat-model.js';
import type { Episode } from '../types.js';
import { createJudge } from './create-judge.js';
import { rubricJudge } from './rubric-judge.js';

const episode: Episode = {
  messages: [],
  completion: 'x',
  row: {},
  environmentReward: 0,
  end: 'terminated',
};
const criteria = [
  { name: 'right', text: 'It is right.', weight: 3 },
  { name: 'polite', text: 'It is polite.' },
  { name: 'padded', text: 'It is padded.', weight: -2 },
];

function score(verdicts: Record<string, string>) {
  const entries = Object.entries(verdicts).map(([name, verdict]) => [name, { verdict }]);
  const chatModel = scriptedChatModel([JSON.stringify(Object.fromEntries(entries))]);
  return rubricJudge(createJudge(chatModel, { rereads: 0 }), { criteria }).fn(episode);
}

describe('value', () => {
  test.each([
    ['all that is good', { right: 'yes', polite: 'yes', padded: 'no' }, 1],
    ['by weight', { right: 'yes', polite: 'no', padded: 'no' }, 0.75],
    ['a fault takes off', { right: 'yes', polite: 'yes', padded: 'yes' }, 0.5],
    ['never below 0', { right: 'no', polite: 'no', padded: 'yes' }, 0],
    ['na leaves the sums', { right: 'na', polite: 'yes', padded: 'na' }, 1],
    ['nothing that applies', { right: 'na', polite: 'na', padded: 'yes' }, null],
  ])('%s', async (_, verdicts, value) => {
    expect(await score(verdicts)).toMatchObject({ value });
  });

  test('each verdict is a part: 1, 0, or null for na', async () => {
    expect(await score({ right: 'Yes', polite: 'na', padded: 'no' })).toMatchObject({
      parts: { right: 1, polite: null, padded: 0, unavailable: 0 },
    });
  });
});

test('a criterion without a verdict makes the answer unreadable, not a no', async () => {
  expect(await score({ right: 'yes', polite: 'yes' })).toEqual({
    value: null,
    parts: { unavailable: 1 },
  });
  expect(await score({ right: 'yes', polite: 'perhaps', padded: 'no' })).toMatchObject({
    value: null,
  });
});

test('criteria that cannot be told apart or earn nothing are refused', () => {
  const judge = createJudge(scriptedChatModel([]));
  const [one] = criteria;
  expect(() => rubricJudge(judge, { criteria: [one, one] })).toThrow(RangeError);
  expect(() => rubricJudge(judge, { criteria: [{ ...one, weight: -1 }] })).toThrow(RangeError);
  expect(() => rubricJudge(judge, { criteria: [] })).toThrow('got none');
});
