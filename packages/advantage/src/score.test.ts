import { describe, expect, it } from 'vitest';
import { score, scoredIndices } from './score.js';

describe('score', () => {
  it('weighs and sums; what is not applicable counts 0; without anything there is no score', () => {
    const { scores } = score({
      rewards: [
        [1, 2],
        [1, null],
        [null, Number.NaN],
      ],
      groupIds: ['a', 'a', 'a'],
      weights: [2, 0.5],
    });
    expect([...scores]).toEqual([3, 2, Number.NaN]);
  });

  it('clips the sum, then takes the penalty off; raw scores stay as they are', () => {
    const { scores, rawScores } = score(
      { rewards: [[5], [-5], [null]], groupIds: [1, 1, 1], penalties: [0.5, 0.25, 1] },
      { range: [-1, 1] },
    );
    expect([...scores]).toEqual([0.5, -1.25, Number.NaN]);
    expect([...rawScores]).toEqual([5, -5, Number.NaN]);
  });

  it('sorts completions out by id, in any order; a string is not a number', () => {
    const scored = score({
      rewards: [[1], [2], [null], [4], [5]],
      groupIds: ['1', 1, '1', '1', 1],
    });
    expect(scored.groups).toEqual([
      [0, 3],
      [1, 4],
    ]);
    expect([...scored.groupOf]).toEqual([0, 1, 0, 0, 1]);
    expect(scoredIndices(scored)).toEqual([0, 3, 1, 4]);
  });

  it('a group without scores stands empty', () => {
    expect(score({ rewards: [[null]], groupIds: ['a'] }).groups).toEqual([[]]);
  });

  it('names what is wrong and what to do', () => {
    const fails = (batch: object, range?: [number, number]) => () =>
      score({ rewards: [[1]], groupIds: ['a'], ...batch }, { range });
    expect(fails({ groupIds: [] })).toThrow('groupIds needs shape [1], got [0]');
    expect(fails({ lengths: [1, 2] })).toThrow('lengths needs shape [1], got [2]');
    expect(fails({ penalties: [Number.NaN] })).toThrow(
      'penalties needs finite numbers, got NaN at [0]',
    );
    expect(fails({ weights: [1 / 0] })).toThrow('Use 0 to switch a reward function off');
    expect(fails({ rewards: [[-1 / 0]] })).toThrow('got -Infinity at [0, 0]');
    expect(fails({}, [1, -1])).toThrow('range needs [least, most] in this order, got [1, -1]');
  });
});
