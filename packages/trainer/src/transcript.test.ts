import { expect, test } from 'vitest';
import {
  appendReward,
  appendSaid,
  appendSeen,
  checkSampled,
  copyOf,
  newTranscript,
} from './transcript.js';

const sampled = { ids: [7, 3], logProbs: [-0.5, -0.25], stopReason: 'stop' as const };

test('what is seen is masked, what is said is not, and a reward stands at the last token said', () => {
  const told = newTranscript();
  appendSeen(told, [1, 2]);
  expect(appendSaid(told, sampled, 'seven')).toEqual({ role: 'assistant', content: 'seven' });
  appendReward(told, 0.5);
  appendSeen(told, [4]);
  expect(told).toEqual({
    messages: [{ role: 'assistant', content: 'seven' }],
    ids: [1, 2, 7, 3, 4],
    mask: [false, false, true, true, false],
    logProbs: [0, 0, -0.5, -0.25, 0],
    promptLength: 0,
    turnRewards: [{ at: 3, reward: 0.5 }],
    completion: 'seven',
    completionTokens: 2,
  });
});

test('a copy stays as it is when the episode goes on', () => {
  const told = newTranscript();
  appendSeen(told, [1]);
  const copy = copyOf(told);
  appendSaid(told, sampled, 'seven');
  appendReward(told, 1);
  const alone = newTranscript();
  appendSeen(alone, [1]);
  expect(copy).toEqual(alone);
});

test('a long prompt is appended whole', () => {
  const told = newTranscript();
  appendSeen(told, new Array<number>(300_000).fill(1));
  expect(told.ids).toHaveLength(300_000);
});

test.each([
  [undefined, 'got no ids'],
  [[], 'got no ids'],
  [[sampled, sampled], 'got no ids'],
  [[{ ...sampled, ids: [] }], 'got 0 ids, 2 log-probs'],
  [[{ ...sampled, ids: [7, 0.5] }], 'got 2 ids, 2 log-probs'],
  [[{ ...sampled, logProbs: [-1] }], 'got 2 ids, 1 log-probs'],
  [[{ ...sampled, logProbs: [-1, Number.NaN] }], 'a finite log-prob for each'],
  [[{ ...sampled, stopReason: 'eos' }], 'the stop reason eos'],
])('a sampler that answers %j is refused', (answers, message) => {
  expect(() => checkSampled(answers)).toThrow(message);
});

test('a sound answer goes through', () => {
  expect(checkSampled([sampled])).toEqual(sampled);
});
