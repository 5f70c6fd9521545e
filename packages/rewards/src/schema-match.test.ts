import { expect, test, vi } from 'vitest';
import { schemaMatch } from './schema-match.js';
import type { Episode } from './types.js';

const episode = (completion: string, row: Episode['row'] = {}): Episode => ({
  messages: [],
  completion,
  row,
  environmentReward: 0,
  end: 'terminated',
});
const schema = {
  type: 'object',
  required: ['city'],
  properties: { city: { type: 'string' }, tags: { type: 'array', items: { enum: ['a', 'b'] } } },
  additionalProperties: false,
};

test.each([
  { completion: '{"city": "Rome", "tags": ["a"]}', value: 1, json: 1 },
  { completion: '```json\n{"city": "Rome"}\n```', value: 1, json: 1 },
  { completion: '{"city": 1}', value: 0, json: 1 },
  { completion: '{"city": "Rome", "tags": ["c"]}', value: 0, json: 1 },
  { completion: '{"city": "Rome", "more": 1}', value: 0, json: 1 },
  { completion: 'Rome', value: 0, json: 0 },
])('$completion gives $value', async ({ completion, value, json }) => {
  expect(await schemaMatch({ schema }).fn(episode(completion))).toEqual({ value, parts: { json } });
});

test.each([
  'http://json-schema.org/draft-07/schema#',
  'https://json-schema.org/draft/2020-12/schema',
])('a schema of %s is understood', async ($schema) => {
  const { fn } = schemaMatch({ column: 'form' });
  const row = { form: { ...schema, $schema } };
  expect(await fn(episode('{"city": "Rome"}', row))).toMatchObject({ value: 1 });
  expect(await fn(episode('{}', row))).toMatchObject({ value: 0 });
});

test('a row without a schema is left out, one with a wrong one is an error', async () => {
  const { fn } = schemaMatch({ column: 'form' });
  expect(await fn(episode('{}', { form: null }))).toBeNull();
  await expect(fn(episode('{}', { form: 'object' }))).rejects.toThrow(
    "schemaMatch: the row's schema must be an object, got string.",
  );
  await expect(fn(episode('{}', { form: { type: 'odd' } }))).rejects.toThrow('schema is invalid');
});

test('a check of your own takes the place of a schema', async () => {
  const { fn } = schemaMatch({ validate: (value) => value === 5 });
  expect(await fn(episode('5'))).toMatchObject({ value: 1 });
  expect(await fn(episode('6'))).toMatchObject({ value: 0 });
});

test('JSON nested without end against a schema that refers to itself is wrong, not a crash', async () => {
  const deep = { type: 'array', items: { $ref: '#' } };
  const completion = `${'['.repeat(100_000)}1${']'.repeat(100_000)}`;
  expect(await schemaMatch({ schema: deep }).fn(episode(completion))).toMatchObject({ value: 0 });
});

test('without ajv the error names it', async () => {
  vi.doMock('ajv/dist/2020.js', () => {
    throw new Error('not there');
  });
  vi.resetModules();
  const { schemaMatch: alone } = await import('./schema-match.js');
  await expect(alone({ schema }).fn(episode('{}'))).rejects.toThrow('Install it: npm install ajv.');
  vi.doUnmock('ajv/dist/2020.js');
});
