import { expect, test } from 'vitest';
import { plainMessages } from './plain-messages.js';

test('what a tool answered becomes a message of the user that says so; others stay', () => {
  const messages = [
    { role: 'system', content: 'a' },
    { role: 'assistant', content: 'b' },
    { role: 'tool', content: '42' },
  ] as const;
  expect(plainMessages(messages)).toEqual([
    messages[0],
    messages[1],
    { role: 'user', content: 'Result of the tool:\n42' },
  ]);
});
