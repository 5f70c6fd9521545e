import { describe, expect, test } from 'vitest';
import { functionChatModel } from '../chat-models/function-chat-model.js';
import type { Episode } from '../types.js';
import { createJudge } from './create-judge.js';
import { pairwiseJudge, tournamentJudge } from './pairwise-judge.js';

const criteria = 'The larger number wins.';

function episode(completion: string, row: Episode['row'] = {}): Episode {
  return { messages: [], completion, row, environmentReward: 0, end: 'terminated' };
}

/** Prefers the larger number, ties on equal ones, and says nonsense where the text is no number. */
function numbers() {
  return createJudge(
    functionChatModel(([, { content }]) => {
      const [a, b] = ['A', 'B'].map((name) =>
        Number(new RegExp(`name="${name}">\n(.*?)\n<`, 's').exec(content)?.[1]),
      );
      return JSON.stringify({ better: a > b ? 'A' : a < b ? 'B' : a === b ? 'tie' : 'nonsense' });
    }),
    { rereads: 0 },
  );
}

describe('against a reference', () => {
  const reward = pairwiseJudge(numbers(), { criteria, reference: 'answer' });

  test('better is 1, equal 0.5, worse 0', async () => {
    const values = ['3', '2.0', '1'].map((text) => reward.fn(episode(text, { answer: '2' })));
    expect(await Promise.all(values)).toEqual(
      [1, 0.5, 0].map((value) => ({ value, parts: { unavailable: 0 } })),
    );
  });

  test('a row without a reference does not apply', async () => {
    expect(await reward.fn(episode('3'))).toBeNull();
  });
});

describe('within a group', () => {
  const groupFn = (texts: readonly string[], judge = numbers()) =>
    tournamentJudge(judge, { criteria }).groupFn(texts.map((text) => episode(text)));

  test('the value is the share of comparisons won, ties half', async () => {
    const results = await groupFn(['1', '2', '2', '3']);
    expect(results).toEqual(
      [0, 0.5, 0.5, 1].map((value) => ({ value, parts: { unavailable: 0 } })),
    );
  });

  test('equal pairs are asked once', async () => {
    const judge = numbers();
    await groupFn(['1', '2', '2', '2'], judge);
    expect(judge.stats().questions).toBe(2);
  });

  test('comparisons without a verdict are left out, and a member without any has no value', async () => {
    expect(await groupFn(['1', '2', 'x'])).toEqual([
      { value: 0, parts: { unavailable: 0.5 } },
      { value: 1, parts: { unavailable: 0.5 } },
      { value: null, parts: { unavailable: 1 } },
    ]);
  });

  test('a group of one, and one of none, has nothing to compare', async () => {
    expect(await groupFn(['1'])).toEqual([{ value: null, parts: {} }]);
    expect(await groupFn([])).toEqual([]);
  });
});
