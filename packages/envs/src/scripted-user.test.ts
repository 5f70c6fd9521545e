import { keyedRandom } from '@grpo/random';
import type { Message } from '@grpo/rewards';
import { expect, test } from 'vitest';
import { scriptedUser } from './scripted-user.js';
import type { Row } from './types.js';

const opening: Message[] = [{ role: 'user', content: 'Hi' }];
const turn = (row: Row = {}) => ({
  task: { id: 'talk', messages: opening, row },
  turn: 0,
  random: keyedRandom(0),
  signal: new AbortController().signal,
});
const heard = (...contents: readonly string[]): readonly Message[] => [
  ...opening,
  ...contents.flatMap((content): Message[] => [
    { role: 'assistant', content: '…' },
    { role: 'user', content },
  ]),
];

test('the replies come in their order, and then the user is done', () => {
  const user = scriptedUser(['a', 'b']);
  expect(user(heard(), turn())).toBe('a');
  expect(user(heard('a'), turn())).toBe('b');
  expect(user(heard('a', 'b'), turn())).toBeNull();
});

test('the replies may come from the row', () => {
  const user = scriptedUser(({ replies }) => replies);
  expect(user(heard(), turn({ replies: ['x'] }))).toBe('x');
});

test.each([undefined, 'a', [1], null])('replies of %j are refused', (replies) => {
  const user = scriptedUser(({ replies }) => replies);
  expect(() => user(heard(), turn({ replies }))).toThrow(
    'scriptedUser: needs a list of texts for the task talk, got',
  );
});
