import { expect, test } from 'vitest';
import { checkReset, checkStep, InvalidResult } from './check-env-result.js';

const hi = { role: 'user', content: 'Hi' };
const step = { messages: [hi], reward: 0.5, terminated: false, truncated: false };

test('sound results go through, and an end may say nothing', () => {
  const tools = [{ type: 'function' }];
  expect(checkReset({ messages: [hi], tools, more: 1 }, 10)).toEqual({ messages: [hi], tools });
  expect(checkReset({ messages: [hi] }, 2)).toEqual({ messages: [hi] });
  expect(checkStep({ ...step, info: { n: 1 } }, 10)).toEqual(step);
  const end = { ...step, messages: [], terminated: true, stopReason: 'completed' };
  expect(checkStep(end, 10)).toEqual(end);
});

test.each([
  [undefined, 'reset: needs an object with messages, got undefined'],
  ['x'.repeat(10_000), `reset: needs an object with messages, got "${'x'.repeat(80)}"`],
  [{}, 'reset: needs a list of messages, got undefined'],
  [{ messages: 'Hi' }, 'reset: needs a list of messages, got "Hi"'],
  [{ messages: [] }, 'reset: needs at least one message, got none'],
  [{ messages: [hi], tools: 'none' }, 'reset: needs a list of definitions as tools, got "none"'],
  [{ messages: [hi], tools: [1] }, 'reset: needs a list of definitions as tools, got a list of 1'],
])('reset that returns %j is refused', (value, message) => {
  const check = () => checkReset(value, 100);
  expect(check).toThrow(InvalidResult);
  expect(check).toThrow(message);
});

test.each([
  [[], 'step: needs an object with messages, got a list of 0'],
  [{ ...step, reward: Number.NaN }, 'step: needs a finite number as reward, got NaN'],
  [{ ...step, reward: '1' }, 'step: needs a finite number as reward, got "1"'],
  [{ ...step, reward: 10n }, 'step: needs a finite number as reward, got 10'],
  [{ ...step, reward: Number.POSITIVE_INFINITY }, 'got Infinity'],
  [{ ...step, terminated: 1 }, 'as terminated and truncated, got 1 and false'],
  [{ ...step, truncated: undefined }, 'as terminated and truncated, got false and undefined'],
  [{ ...step, stopReason: 'max_turns' }, 'where the episode ended, got "max_turns"'],
  [{ ...step, truncated: true, stopReason: 'won' }, 'a stop reason of completed, answered, '],
  [{ ...step, messages: null }, 'step: needs a list of messages, got null'],
  [{ ...step, messages: [{ role: 'robot', content: 'x' }] }, 'got an object with role, content'],
  [{ ...step, messages: [{ role: 'user', content: 7 }] }, 'needs messages of { role, content }'],
  [{ ...step, messages: [() => {}] }, 'got a function'],
  [
    { ...step, messages: [hi, { ...hi, content: 'x'.repeat(99) }] },
    'at most 100 characters, got 101',
  ],
])('step that returns %o is refused', (value, message) => {
  expect(() => checkStep(value, 100)).toThrow(message);
});
