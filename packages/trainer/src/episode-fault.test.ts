import { expect, test } from 'vitest';
import { asFault, EpisodeFault, failureOf } from './episode-fault.js';
import { TimedOut } from './within-limit.js';

const faultOf = (work: () => unknown) => asFault('thrown', work).catch((error: unknown) => error);

test('what is thrown keeps its origin, and a time-out is always a time-out', async () => {
  const origin = new Error('lost.');
  expect(await faultOf(() => Promise.reject(origin))).toMatchObject({ kind: 'thrown', origin });
  const late = new TimedOut('step took longer than 5 ms');
  expect(await faultOf(() => Promise.reject(late))).toMatchObject({
    kind: 'timeout',
    origin: late,
  });
  const inner = new EpisodeFault('encoding', 'no template');
  expect(await faultOf(() => Promise.reject(inner))).toBe(inner);
  expect(await asFault('thrown', () => 3)).toBe(3);
});

test('a failure names task, kind and cause, and says what to do', () => {
  expect(failureOf(new EpisodeFault('timeout', new Error('step took longer.')), 'a:1')).toEqual({
    kind: 'timeout',
    reason:
      'The episode of task a:1 failed (timeout): step took longer. Make it faster, or raise the time limit.',
  });
});

test.each([
  [{ toString: () => ({}) }, 'an error without a text'],
  [Object.create(null), 'an error without a text'],
  [undefined, 'undefined'],
  ['x'.repeat(1_000_000), `${'x'.repeat(500)}…`],
])('anything can be thrown', (thrown, message) => {
  expect(new EpisodeFault('thrown', thrown).message).toBe(message);
});
