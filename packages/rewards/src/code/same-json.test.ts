import { expect, test } from 'vitest';
import { isSameJson } from './same-json.js';

test.each([
  ['3', 3],
  ['0.30000000000000004', 0.3],
  ['{"a":1,"b":[2]}', { b: [2], a: 1 }],
  ['undefined', null],
  ['null', null],
  ['"x"', 'x'],
])('%s says %j', (json, expected) => {
  expect(isSameJson(json, expected)).toBe(true);
});

test.each([
  ['3', '3'],
  ['3', 3.001],
  ['[1,2]', [2, 1]],
  ['[]', {}],
  ['{"a":1}', { a: 1, b: 2 }],
  ['{"toString":1}', { valueOf: 1 }],
  ['"NaN"', Number.NaN],
  ['undefined', 0],
])('%s does not say %j', (json, expected) => {
  expect(isSameJson(json, expected)).toBe(false);
});
