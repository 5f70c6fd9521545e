import { expect, test } from 'vitest';
import { modelTurns } from './model-turns.js';
import type { Episode, Message } from './types.js';

const said = (role: Message['role'], content: string): Message => ({ role, content });
const episode: Episode = {
  messages: [
    said('user', 'example'),
    said('assistant', 'shown'),
    said('user', 'question'),
    said('assistant', 'first'),
    said('tool', 'result'),
    said('assistant', 'second'),
  ],
  completion: 'second',
  row: {},
  environmentReward: 0,
  end: 'terminated',
};

test('answers shown in the prompt are not the model’s', () => {
  expect(modelTurns({ ...episode, promptLength: 3 }).map(({ content }) => content)).toEqual([
    'first',
    'second',
  ]);
});

test('without a length of the prompt, every message of the assistant is the model’s', () => {
  expect(modelTurns(episode)).toHaveLength(3);
});
