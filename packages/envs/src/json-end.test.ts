import { expect, test } from 'vitest';
import { jsonEnd } from './json-end.js';

test.each([
  ['{}', 2],
  ['{"a":[1,{"b":2}]} and more', 17],
  ['["}", "\\"]"] {', 12],
  ['{"a":"<b>"}', 11],
])('in %s it ends at %i', (text, end) => {
  expect(jsonEnd(text, 0)).toBe(end);
});

test.each(['', 'a', '"a"', '7', '{', '{"a": "}', '{"a"<', ' {}'])(
  'in %j it does not end',
  (text) => {
    expect(jsonEnd(text, 0)).toBeUndefined();
  },
);

test('it may start in the middle', () => {
  expect(jsonEnd('[{"a":1}, {"b":2}]', 10)).toBe(17);
});
