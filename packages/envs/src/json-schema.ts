import { inspect, isDeepStrictEqual } from 'node:util';
import type { JsonSchema } from './types.js';

/** What one keyword has against a value at a path; `schema` is the one that the keyword stands in. */
type Keyword = (
  constraint: unknown,
  value: unknown,
  path: string,
  schema: Readonly<Record<string, unknown>>,
) => readonly string[];

/** Keywords that say nothing about validity. */
const ANNOTATIONS = [
  '$schema',
  '$id',
  '$comment',
  'title',
  'description',
  'default',
  'examples',
  'deprecated',
  'readOnly',
  'writeOnly',
  'format', // an annotation unless a validator is told otherwise
];

/** Up to rounding: 0.3 / 0.1 is not quite 3. */
function isMultiple(of: number, x: number): boolean {
  const times = x / of;
  return Math.abs(times - Math.round(times)) <= 1e-9 * Math.max(1, Math.abs(times));
}

/** A keyword for values of one type: it has nothing against all others. */
function forType<Value>(
  is: (value: unknown) => value is Value,
  holds: (constraint: never, value: Value) => boolean,
  words: string,
): Keyword {
  return (constraint, value, path) =>
    !is(value) || holds(constraint as never, value) ? [] : [`${path} needs ${words} ${constraint}`];
}

const isNumber = (value: unknown): value is number => typeof value === 'number';
const isText = (value: unknown): value is string => typeof value === 'string';
const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const KEYWORDS: Readonly<Record<string, Keyword>> = {
  type: (constraint, value, path) => {
    const types = [constraint].flat();
    const own = typeOf(value);
    const isOf = types.includes(own) || (own === 'integer' && types.includes('number'));
    return isOf ? [] : [`${path} needs the type ${types.join(' or ')}, got ${shown(value)}`];
  },
  enum: (constraint, value, path) =>
    (constraint as readonly unknown[]).some((one) => isDeepStrictEqual(one, value))
      ? []
      : [`${path} needs one of ${shown(constraint)}, got ${shown(value)}`],
  const: (constraint, value, path) =>
    isDeepStrictEqual(constraint, value)
      ? []
      : [`${path} needs ${shown(constraint)}, got ${shown(value)}`],

  minimum: forType(isNumber, (min: number, x) => x >= min, 'a number of at least'),
  maximum: forType(isNumber, (max: number, x) => x <= max, 'a number of at most'),
  exclusiveMinimum: forType(isNumber, (min: number, x) => x > min, 'a number above'),
  exclusiveMaximum: forType(isNumber, (max: number, x) => x < max, 'a number below'),
  multipleOf: forType(isNumber, isMultiple, 'a multiple of'),
  minLength: forType(
    isText,
    (min: number, text) => [...text].length >= min,
    'a length of at least',
  ),
  maxLength: forType(isText, (max: number, text) => [...text].length <= max, 'a length of at most'),
  pattern: forType(isText, (of: string, text) => new RegExp(of, 'u').test(text), 'the pattern'),

  minItems: forType(isList, (min: number, list) => list.length >= min, 'items, at least'),
  maxItems: forType(isList, (max: number, list) => list.length <= max, 'items, at most'),
  uniqueItems: (constraint, value, path) => {
    const isRepeated = (one: unknown, i: number, all: readonly unknown[]) =>
      all.slice(0, i).some((other) => isDeepStrictEqual(one, other));
    if (constraint !== true || !isList(value) || !value.some(isRepeated)) return [];
    return [`${path} needs different items`];
  },
  items: (constraint, value, path) =>
    isList(value)
      ? value.flatMap((item, i) => problems(constraint as JsonSchema, item, `${path}[${i}]`))
      : [],

  required: (constraint, value, path) =>
    isObject(value)
      ? (constraint as readonly string[])
          .filter((name) => !Object.hasOwn(value, name))
          .map((name) => `${path}.${name} is missing`)
      : [],
  properties: (constraint, value, path) =>
    isObject(value)
      ? Object.entries(constraint as Readonly<Record<string, JsonSchema>>)
          .filter(([name]) => Object.hasOwn(value, name))
          .flatMap(([name, schema]) => problems(schema, value[name], `${path}.${name}`))
      : [],
  additionalProperties: (constraint, value, path, { properties = {} }) =>
    isObject(value)
      ? Object.entries(value)
          .filter(([name]) => !Object.hasOwn(properties as object, name))
          .flatMap(([name, one]) => problems(constraint as JsonSchema, one, `${path}.${name}`))
      : [],

  anyOf: (constraint, value, path) =>
    accepted(constraint, value).length > 0 ? [] : [`${path} needs one of the forms allowed`],
  oneOf: (constraint, value, path) =>
    accepted(constraint, value).length === 1 ? [] : [`${path} needs exactly one form allowed`],
  allOf: (constraint, value, path) =>
    (constraint as readonly JsonSchema[]).flatMap((schema) => problems(schema, value, path)),
  not: (constraint, value, path) =>
    problems(constraint as JsonSchema, value, path).length > 0
      ? []
      : [`${path} has a form that is not allowed, got ${shown(value)}`],
};

/**
 * Lists what is wrong with a value under a JSON Schema (draft 2020-12, the keywords of `KEYWORDS`).
 *
 * @param path names the value in the sentences
 * @returns one sentence per problem, none if the value is valid
 */
export function problems(schema: JsonSchema, value: unknown, path: string): readonly string[] {
  if (schema === true) return [];
  if (schema === false) return [`${path} is not allowed`];
  return Object.entries(schema).flatMap(
    ([keyword, constraint]) => KEYWORDS[keyword]?.(constraint, value, path, schema) ?? [],
  );
}

/**
 * Finds a keyword that `problems` would pass over, such as `$ref`.
 *
 * @returns the keyword, or undefined if all are known
 */
export function unknownKeyword(schema: JsonSchema): string | undefined {
  if (typeof schema === 'boolean') return undefined;
  const own = Object.keys(schema).find(
    (keyword) => !Object.hasOwn(KEYWORDS, keyword) && !ANNOTATIONS.includes(keyword),
  );
  return (
    own ??
    schemasWithin(schema)
      .map(unknownKeyword)
      .find((keyword) => keyword !== undefined)
  );
}

function schemasWithin(schema: Readonly<Record<string, unknown>>): readonly JsonSchema[] {
  const { properties = {}, items, additionalProperties, not } = schema;
  const lists = [schema.anyOf, schema.oneOf, schema.allOf, Object.values(properties as object)];
  return [...lists.flat(), items, additionalProperties, not].filter(
    (one): one is JsonSchema => typeof one === 'boolean' || isObject(one),
  );
}

function accepted(schemas: unknown, value: unknown): readonly JsonSchema[] {
  return (schemas as readonly JsonSchema[]).filter((s) => problems(s, value, '').length === 0);
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) ? 'integer' : typeof value;
}

function shown(value: unknown): string {
  return inspect(value, { depth: 1, breakLength: Infinity }).slice(0, 80);
}
