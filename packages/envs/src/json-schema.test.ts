import { describe, expect, test } from 'vitest';
import { problems, unknownKeyword } from './json-schema.js';
import type { JsonSchema } from './types.js';

const valid: readonly (readonly [schema: JsonSchema, values: readonly unknown[]])[] = [
  [true, [1, null, {}]],
  [{}, [1, null, {}]],
  [{ type: 'string', format: 'email' }, ['', 'not an address']],
  [{ type: 'number' }, [1, 1.5, -0]],
  [{ type: 'integer' }, [1, 1.0, 1e20]],
  [{ type: ['string', 'null'] }, ['a', null]],
  [{ type: 'array', items: { type: 'integer' } }, [[], [1, 2]]],
  [{ enum: ['a', 1, { b: [2] }] }, ['a', 1, { b: [2] }]],
  [{ const: null }, [null]],
  [{ minimum: 1, maximum: 3 }, [1, 2.5, 3, 'other types pass']],
  [{ exclusiveMinimum: 1, exclusiveMaximum: 3 }, [1.01, 2.99]],
  [{ multipleOf: 0.1 }, [0, 0.3, -2, 1e9]],
  [{ minLength: 1, maxLength: 2 }, ['a', '🌍🌍']],
  [{ pattern: '^[a-z]+$' }, ['abc']],
  [{ minItems: 1, maxItems: 2, uniqueItems: true }, [[1], [1, '1'], [{ a: 1 }, { a: 2 }]]],
  [
    { type: 'object', properties: { a: { type: 'integer' } }, required: ['a'] },
    [{ a: 1 }, { a: 1, b: 'more' }],
  ],
  [{ properties: { a: {} }, additionalProperties: false }, [{}, { a: 1 }]],
  [{ additionalProperties: { type: 'string' } }, [{}, { x: 'y' }]],
  [{ anyOf: [{ type: 'string' }, { type: 'null' }] }, ['a', null]],
  [{ oneOf: [{ minimum: 2 }, { maximum: 3 }] }, [1, 4]],
  [{ allOf: [{ minimum: 2 }, { maximum: 3 }] }, [2, 3]],
  [{ not: { type: 'null' } }, [0, '']],
  [{ prefixItems: [{ type: 'string' }], items: { type: 'null' } }, [[], ['a'], ['a', null]]],
  [{ minProperties: 1, maxProperties: 1 }, [{ a: 1 }, 'other types pass']],
  [{ propertyNames: { pattern: '^a' } }, [{}, { ab: 1 }]],
  [{ $ref: '#/$defs/a', $defs: { a: { minimum: 1 } } }, [1, 2]],
  [{ $ref: '#/definitions/a', definitions: { a: { minimum: 1 } } }, [1]],
];

test.each(valid)('under %j nothing is wrong with the values %j', (schema, values) => {
  for (const value of values) expect(problems(schema, value, 'x')).toEqual([]);
});

const invalid: readonly (readonly [schema: JsonSchema, value: unknown, problem: string])[] = [
  [false, 1, 'x is not allowed'],
  [{ type: 'string' }, 1, 'x needs the type string, got 1'],
  [{ type: 'integer' }, 1.5, 'x needs the type integer, got 1.5'],
  [{ type: 'object' }, [], 'x needs the type object, got []'],
  [{ type: 'object' }, null, 'x needs the type object, got null'],
  [{ type: ['string', 'null'] }, 0, 'x needs the type string or null, got 0'],
  [{ enum: ['a', 'b'] }, 'c', "x needs one of [ 'a', 'b' ], got 'c'"],
  [{ const: 1 }, '1', "x needs 1, got '1'"],
  [{ minimum: 1 }, 0, 'x needs a number of at least 1'],
  [{ maximum: 1 }, 2, 'x needs a number of at most 1'],
  [{ exclusiveMinimum: 1 }, 1, 'x needs a number above 1'],
  [{ exclusiveMaximum: 1 }, 1, 'x needs a number below 1'],
  [{ multipleOf: 2 }, 3, 'x needs a multiple of 2'],
  [{ minLength: 1 }, '', 'x needs a length of at least 1'],
  [{ maxLength: 1 }, '🌍🌍', 'x needs a length of at most 1'],
  [{ pattern: '^a' }, 'ba', 'x needs the pattern ^a'],
  [{ minItems: 1 }, [], 'x needs items, at least 1'],
  [{ maxItems: 1 }, [1, 2], 'x needs items, at most 1'],
  [{ uniqueItems: true }, [{ a: 1 }, { a: 1 }], 'x needs different items'],
  [{ items: { type: 'integer' } }, [1, 'b'], "x[1] needs the type integer, got 'b'"],
  [{ required: ['toString'] }, {}, 'x.toString is missing'],
  [
    { properties: { a: { properties: { b: { type: 'null' } } } } },
    { a: { b: 1 } },
    'x.a.b needs the type null, got 1',
  ],
  [{ properties: { a: {} }, additionalProperties: false }, { c: 1 }, 'x.c is not allowed'],
  [{ additionalProperties: { type: 'null' } }, { c: 1 }, 'x.c needs the type null, got 1'],
  [{ anyOf: [{ type: 'null' }] }, 1, 'x needs one of the forms allowed, got 1'],
  [{ oneOf: [{ minimum: 2 }, { maximum: 3 }] }, 2, 'x needs exactly one form allowed, got 2'],
  [{ allOf: [{ minimum: 2 }, { maximum: 3 }] }, 1, 'x needs a number of at least 2'],
  [{ not: { type: 'null' } }, null, 'x has a form that is not allowed, got null'],
  [{ prefixItems: [true, false] }, [1, 2], 'x[1] is not allowed'],
  [{ prefixItems: [true], items: { type: 'null' } }, [1, 2], 'x[1] needs the type null, got 2'],
  [{ minProperties: 1 }, {}, 'x needs properties, at least 1'],
  [{ maxProperties: 0 }, { a: 1 }, 'x needs properties, at most 0'],
  [{ propertyNames: { maxLength: 1 } }, { ab: 1 }, "x: the name 'ab' needs a length of at most 1"],
  [
    { properties: { a: { $ref: '#/$defs/a' } }, $defs: { a: { minimum: 1 } } },
    { a: 0 },
    'x.a needs a number of at least 1',
  ],
  [{ $ref: '#' }, 1, "x has a schema that leads nowhere: '#'"],
  [
    { $ref: '#/$defs/a', $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } } },
    1,
    "x has a schema that leads nowhere: '#/$defs/a'",
  ],
];

test.each(invalid)('under %j the value %j is wrong: %s', (schema, value, problem) => {
  expect(problems(schema, value, 'x')).toEqual([problem]);
});

describe('a schema that refers to itself', () => {
  const tree = {
    type: 'object',
    properties: {
      value: { type: 'number' },
      left: { anyOf: [{ $ref: '#' }, { type: 'null' }] },
      kids: { type: 'array', items: { $ref: '#' } },
    },
    required: ['value'],
  };

  test('is followed as deep as the value goes', () => {
    const leaf = { value: 1, left: null, kids: [] };
    expect(problems(tree, { value: 1, left: { ...leaf, left: leaf }, kids: [leaf] }, 'x')).toEqual(
      [],
    );
    expect(problems(tree, { value: 1, kids: [leaf, { kids: [{ value: 'a' }] }] }, 'x')).toEqual([
      "x.kids[1].kids[0].value needs the type number, got 'a'",
      'x.kids[1].value is missing',
    ]);
  });

  test('can be checked', () => {
    expect(unknownKeyword(tree)).toBeUndefined();
  });
});

test('all problems are listed', () => {
  const schema = { properties: { a: { type: 'string' }, b: { minimum: 0 } }, required: ['c'] };
  expect(problems(schema, { a: 1, b: -1 }, 'x')).toHaveLength(3);
});

describe('keywords that would be passed over', () => {
  test.each<readonly [JsonSchema, string]>([
    [{ $ref: '#/$defs/a' }, '$ref: #/$defs/a'],
    [{ $defs: { a: { $ref: 'https://example.org/a' } } }, '$ref: https://example.org/a'],
    [{ prefixItems: [{ unevaluatedItems: false }] }, 'unevaluatedItems'],
    [{ properties: { a: { dependentRequired: {} } } }, 'dependentRequired'],
    [{ items: { contains: {} } }, 'contains'],
    [{ anyOf: [{}, { if: {} }] }, 'if'],
    [{ additionalProperties: { patternProperties: {} } }, 'patternProperties'],
    [{ constructor: {} }, 'constructor'],
  ])('in %j are found', (schema, keyword) => {
    expect(unknownKeyword(schema)).toBe(keyword);
  });

  test('a schema of known ones is clean, and names of properties are no keywords', () => {
    expect(
      unknownKeyword({
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        description: 'x',
        properties: { $ref: { type: 'string' } },
        items: false,
      }),
    ).toBeUndefined();
  });
});
