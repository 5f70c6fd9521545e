import { expect, test } from 'vitest';
import { schemaAt } from './schema-at.js';

const root = {
  $defs: { 'a/b': { const: 1 }, 'a~b': { const: 2 }, 'a b': { const: 3 }, '%': { const: 4 } },
  anyOf: [true, { const: 5 }],
};

test.each([
  ['#', root],
  ['#/$defs/a~1b', { const: 1 }],
  ['#/$defs/a~0b', { const: 2 }],
  ['#/$defs/a%20b', { const: 3 }],
  ['#/$defs/%', { const: 4 }],
  ['#/anyOf/0', true],
  ['#/anyOf/1', { const: 5 }],
])('%s is found', (ref, schema) => {
  expect(schemaAt(root, ref)).toEqual(schema);
});

test.each(['', '#a', '#/none', '#/$defs/a/b', '#/anyOf', '#/toString', 'https://x.org/#', 7])(
  '%s leads nowhere',
  (ref) => {
    expect(schemaAt(root, ref)).toBeUndefined();
  },
);
