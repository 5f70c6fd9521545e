import { describe, expect, test } from 'vitest';
import { callPart, checkResult } from './check-result.js';
import type { Episode, RewardFn } from './types.js';

const episode: Episode = {
  messages: [],
  completion: '',
  row: {},
  environmentReward: 0,
  end: 'terminated',
};

describe('checkResult', () => {
  test.each([0, -2.5, null])('%s is a value without parts', (value) => {
    expect(checkResult(value)).toEqual({ value, parts: {} });
  });

  test('a value with parts is taken as it is', () => {
    const made = { value: null, parts: { a: 1, b: null } };
    expect(checkResult(made)).toEqual(made);
  });

  test.each([
    [Number.NaN, 'NaN'],
    [undefined, 'undefined'],
    ['1', 'the string "1"'],
    [true, 'true'],
    [1n, '1'],
    [[1], 'an array'],
    [{}, 'an object'],
    [{ value: 1 }, 'an object'],
    [{ parts: {} }, 'an object'],
    [{ value: 1, parts: null }, 'an object'],
    [{ value: Number.NaN, parts: {} }, 'a breakdown whose value is NaN'],
    [{ value: 1, parts: { a: 0, b: '2' } }, 'a breakdown whose "b" is the string "2"'],
    [() => 1, 'a function'],
  ])('%o is described as %s', (result, got) => {
    expect(checkResult(result)).toEqual({ got });
  });
});

describe('callPart', () => {
  test('the call of the whole reaches the part', async () => {
    const { signal } = new AbortController();
    const fn: RewardFn = (_, call) => (call?.signal === signal ? 1 : 0);
    expect(await callPart({ name: 'a', fn }, episode, { signal })).toEqual({ value: 1, parts: {} });
  });

  test('a part that returns no reward is named', async () => {
    await expect(
      callPart({ name: 'ratio', fn: () => Number.NaN }, episode, undefined),
    ).rejects.toThrow(/^its part "ratio" returned NaN$/);
  });
});
