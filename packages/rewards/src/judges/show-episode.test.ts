import { expect, test } from 'vitest';
import type { Episode } from '../types.js';
import { promptOf, referenceOf, showEpisode } from './show-episode.js';

const episode: Episode = {
  messages: [
    { role: 'user', content: 'Capital of France?' },
    { role: 'assistant', content: 'Paris' },
  ],
  completion: 'Paris',
  row: { answer: 'Paris', year: 7, list: [] },
  environmentReward: 0,
  end: 'terminated',
};

test('the answer is shown once, apart from the conversation before it', () => {
  expect(showEpisode(episode, 'It is Paris.')).toBe(
    [
      'The conversation so far:',
      '<untrusted name="user">\nCapital of France?\n</untrusted>',
      '',
      'The answer to judge:',
      '<untrusted name="answer">\nParis\n</untrusted>',
      '',
      'A reference answer, which is right:',
      '<untrusted name="reference">\nIt is Paris.\n</untrusted>',
    ].join('\n'),
  );
});

test('a conversation that does not end with the completion is shown whole', () => {
  expect(promptOf({ ...episode, completion: 'Lyon' })).toHaveLength(2);
  expect(promptOf(episode)).toHaveLength(1);
});

test('a reference is a text or a number of the row', () => {
  expect(referenceOf(episode, 'answer')).toBe('Paris');
  expect(referenceOf(episode, 'year')).toBe('7');
  expect(
    [undefined, 'list', 'absent', 'toString'].map((name) => referenceOf(episode, name)),
  ).toEqual([undefined, undefined, undefined, undefined]);
});
