import { expect, test } from 'vitest';
import { messageOf } from './message-of.js';

test('errors tell their message, anything else that is thrown its text', () => {
  expect(messageOf(new TypeError('no such task'))).toBe('no such task');
  expect(messageOf('lost')).toBe('lost');
  expect(messageOf(undefined)).toBe('undefined');
});
