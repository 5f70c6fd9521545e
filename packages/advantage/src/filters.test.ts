import { describe, expect, it } from 'vitest';
import { accuracyBand, filterGroups, varyingScores } from './filters.js';
import { score } from './score.js';

const batch = (groups: (number | null)[][]) =>
  score({
    rewards: groups.flatMap((scores) => scores.map((reward) => [reward])),
    groupIds: groups.flatMap((scores, g) => scores.map(() => g)),
  });

describe('filterGroups', () => {
  it('keeps whole groups, the unscored completion of a kept group included', () => {
    const { keep, metrics } = filterGroups(
      batch([
        [1, 0, null],
        [1, 1, null],
      ]),
      varyingScores(),
    );
    expect([...keep]).toEqual([1, 1, 1, 0, 0, 0]);
    expect(metrics).toEqual({ 'filter/kept_groups': 0.5 });
  });

  it('never keeps a group without scores, whatever the filter says', () => {
    expect([...filterGroups(batch([[null, null]]), () => true).keep]).toEqual([0, 0]);
  });

  it('takes a filter by its name and options', () => {
    const scored = batch([
      [1, 0, 0, 0],
      [1, 1, 0, 0],
    ]);
    const named = { name: 'accuracy-band', least: 0.3 };
    expect(filterGroups(scored, named).metrics['filter/kept_groups']).toBe(0.5);
    expect(() => filterGroups(scored, 'hard-groups')).toThrow(
      "no group filter is named 'hard-groups'",
    );
  });

  it('an empty batch keeps nothing', () => {
    expect(filterGroups(batch([]), () => true).metrics).toEqual({ 'filter/kept_groups': 0 });
  });
});

describe('varyingScores', () => {
  it('decides by the deviation, not by the mean: rewards need not be 0 and 1', () => {
    const filter = varyingScores();
    expect(filter([0.5, 0.5, 0.5])).toBe(false);
    expect(filter([-3, -3])).toBe(false);
    expect(filter([0.1 + 0.2, 0.3])).toBe(false);
    expect(filter([0, 0.001])).toBe(true);
    expect(filter([7])).toBe(false);
  });
});

describe('accuracyBand', () => {
  it('drops groups that are all right or all wrong', () => {
    const filter = accuracyBand();
    expect([filter([1, 1]), filter([0, 0]), filter([1, 0])]).toEqual([false, false, true]);
  });

  it('has open ends', () => {
    const filter = accuracyBand({ least: 0.25, most: 0.75 });
    const withCorrect = (correct: number) => filter([0, 1, 2, 3].map((i) => Number(i < correct)));
    expect([1, 2, 3].map(withCorrect)).toEqual([false, true, false]);
  });
});
