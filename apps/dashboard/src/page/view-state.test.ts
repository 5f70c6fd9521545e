import { expect, test } from 'vitest';
import { changed, readState, START, type ViewState, writeState } from './view-state.js';

test('a link opens the view that it was made from', () => {
  const state: ViewState = {
    view: 'episodes',
    runs: ['demo/grpo', 'a&b=c'],
    smooth: 0.85,
    from: 10,
    to: 200,
    metrics: 'clip_',
    run: 'a&b=c',
    filter: {
      fromStep: 0,
      text: 'train #1',
      outcome: 'not trained on',
      minReward: -0.5,
      order: 'best',
    },
    episode: 0,
    isGroup: true,
    colours: 'advantage',
    isDifferences: true,
  };
  expect(readState(writeState(state))).toEqual(state);
});

test('the start needs no query, and no run at all is not every run', () => {
  expect(writeState(START)).toBe('');
  expect(readState('')).toEqual(START);
  const none = changed(START, { runs: [] });
  expect(readState(writeState(none))).toEqual(none);
});

test('what makes no sense in a link is as at the start', () => {
  const query = '?view=x&smooth=7&from=abc&episode=-1&colours=red&order=up&fromStep=&to=NaN';
  expect(readState(query)).toEqual(START);
});

test('a field that is set to undefined goes away', () => {
  const zoomed = changed(START, { from: 3 });
  expect(zoomed.from).toBe(3);
  expect(changed(zoomed, { from: undefined })).toEqual(START);
});
