import { expect, test } from 'vitest';
import { finalState } from './final-state.js';
import type { Episode } from './types.js';

const wanted = { order: { status: 'refunded', items: [1, 2] }, balance: 10 };
function reward(state: unknown, by?: 'all' | 'share', row: unknown = wanted) {
  const episode: Episode = {
    messages: [],
    completion: 'I have refunded it!',
    row: { finalState: row },
    environmentReward: 0,
    end: 'terminated',
  };
  return finalState({ state: () => state, ...(by && { by }) }).fn(episode);
}

test.each([
  { state: { ...wanted, more: 1 }, share: 1 },
  { state: { ...wanted, balance: 11 }, share: 2 / 3 },
  { state: { order: { status: 'refunded', items: [2, 1] }, balance: 10 }, share: 2 / 3 },
  { state: { balance: 10 }, share: 1 / 3 },
  { state: null, share: 0 },
  { state: 'refunded', share: 0 },
])('a state of which $share is as wanted', ({ state, share }) => {
  expect(reward(state)).toEqual({ value: Number(share === 1), parts: { share } });
  expect(reward(state, 'share')).toEqual({ value: share, parts: { share } });
});

test('a value that the row wants to be null must be there', () => {
  expect(reward({}, 'all', { error: null })).toMatchObject({ value: 0 });
  expect(reward({ error: null }, 'all', { error: null })).toMatchObject({ value: 1 });
});

test.each([null, {}])('a row that wants %j is left out', (row) => {
  expect(reward({}, 'all', row)).toBeNull();
});
