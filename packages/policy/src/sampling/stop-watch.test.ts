import { expect, test } from 'vitest';
import type { Tokenizer } from '../types.js';
import { createStopWatch } from './stop-watch.js';

const pieces = ['a', 'b', '</', 'to', 'ol>', '\n', '</tool>x'];
const tokenizer: Tokenizer = {
  encode: () => [],
  decode: (ids) => ids.map((id) => pieces[id]).join(''),
  tokenId: () => undefined,
  vocabularySize: pieces.length,
};
const watch = (ids: readonly number[], stops: Parameters<typeof createStopWatch>[0]) => {
  const seen = createStopWatch(stops, tokenizer);
  return ids.map((id) => seen(id));
};

test('a stop id stops where it comes', () => {
  expect(watch([0, 1, 2], { stopIds: [1, 5] })).toEqual([undefined, 1, undefined]);
});

test('a stop string is found across tokens, with the token that completes it', () => {
  const stops = { stopIds: [], stopStrings: ['\n\n', '</tool>'] };
  expect(watch([0, 2, 3, 4], stops)).toEqual([undefined, undefined, undefined, '</tool>']);
  expect(watch([5, 0, 5, 5], stops)).toEqual([undefined, undefined, undefined, '\n\n']);
  expect(watch([6], stops)).toEqual(['</tool>']);
});

test('of two stop strings in one token the first in the text counts', () => {
  expect(watch([6], { stopIds: [], stopStrings: ['x', 'tool'] })).toEqual(['tool']);
});

test('a stop id comes before a stop string that the same token completes', () => {
  expect(watch([1], { stopIds: [1], stopStrings: ['b'] })).toEqual([1]);
});

test('nothing stops a sequence before its minimum', () => {
  const stops = { stopIds: [1], stopStrings: ['a'], minTokens: 3 };
  expect(watch([0, 1, 0], stops)).toEqual([undefined, undefined, 'a']);
});
