import { inspect, isDeepStrictEqual } from 'node:util';
import { schemaAt } from './schema-at.js';
import type { JsonSchema } from './types.js';

/** Where a keyword stands. */
interface Place {
  /** The schema that the keyword stands in. */
  readonly schema: Readonly<Record<string, unknown>>;
  /** The whole schema, in which `$ref` is looked up. */
  readonly root: JsonSchema;
  /** The references that led here, each with the path of its value. */
  readonly trail: readonly string[];
}

/** What one keyword has against a value at a path. */
type Keyword = (
  constraint: unknown,
  value: unknown,
  path: string,
  place: Place,
) => readonly string[];

/** Keywords that say nothing about validity. */
const ANNOTATIONS = [
  '$schema',
  '$id',
  '$comment',
  '$defs',
  'definitions', // what older drafts call $defs
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
  prefixItems: (constraint, value, path, place) =>
    isList(value)
      ? (constraint as readonly JsonSchema[])
          .slice(0, value.length)
          .flatMap((schema, i) => within(schema, value[i], `${path}[${i}]`, place))
      : [],
  items: (constraint, value, path, place) => {
    const { prefixItems: { length: first } = [] } = place.schema as { prefixItems?: unknown[] };
    if (!isList(value)) return [];
    return value
      .slice(first)
      .flatMap((item, i) => within(constraint as JsonSchema, item, `${path}[${first + i}]`, place));
  },

  minProperties: forType(
    isObject,
    (min: number, object) => Object.keys(object).length >= min,
    'properties, at least',
  ),
  maxProperties: forType(
    isObject,
    (max: number, object) => Object.keys(object).length <= max,
    'properties, at most',
  ),
  propertyNames: (constraint, value, path, place) =>
    isObject(value)
      ? Object.keys(value).flatMap((name) =>
          within(constraint as JsonSchema, name, `${path}: the name ${shown(name)}`, place),
        )
      : [],

  required: (constraint, value, path) =>
    isObject(value)
      ? (constraint as readonly string[])
          .filter((name) => !Object.hasOwn(value, name))
          .map((name) => `${path}.${name} is missing`)
      : [],
  properties: (constraint, value, path, place) =>
    isObject(value)
      ? Object.entries(constraint as Readonly<Record<string, JsonSchema>>)
          .filter(([name]) => Object.hasOwn(value, name))
          .flatMap(([name, schema]) => within(schema, value[name], `${path}.${name}`, place))
      : [],
  additionalProperties: (constraint, value, path, place) =>
    isObject(value)
      ? Object.entries(value)
          .filter(([name]) => !Object.hasOwn((place.schema.properties ?? {}) as object, name))
          .flatMap(([name, one]) => within(constraint as JsonSchema, one, `${path}.${name}`, place))
      : [],

  anyOf: (constraint, value, path, place) =>
    accepted(constraint, value, path, place) > 0
      ? []
      : [`${path} needs one of the forms allowed, got ${shown(value)}`],
  oneOf: (constraint, value, path, place) =>
    accepted(constraint, value, path, place) === 1
      ? []
      : [`${path} needs exactly one form allowed, got ${shown(value)}`],
  allOf: (constraint, value, path, place) =>
    (constraint as readonly JsonSchema[]).flatMap((schema) => within(schema, value, path, place)),
  not: (constraint, value, path, place) =>
    within(constraint as JsonSchema, value, path, place).length > 0
      ? []
      : [`${path} has a form that is not allowed, got ${shown(value)}`],

  $ref: (constraint, value, path, { root, trail }) => {
    const step = `${constraint} ${path}`;
    const found = schemaAt(root, constraint);
    // A reference that leads back to itself at the same value says nothing about the value.
    if (found === undefined || trail.includes(step)) {
      return [`${path} has a schema that leads nowhere: ${shown(constraint)}`];
    }
    return within(found, value, path, { root, trail: [...trail, step] });
  },
};

/**
 * Lists what is wrong with a value under a JSON Schema (draft 2020-12, the keywords of `KEYWORDS`).
 *
 * @param path names the value in the sentences
 * @returns one sentence per problem, none if the value is valid
 */
export function problems(schema: JsonSchema, value: unknown, path: string): readonly string[] {
  return within(schema, value, path, { root: schema, trail: [] });
}

function within(
  schema: JsonSchema,
  value: unknown,
  path: string,
  { root, trail }: Pick<Place, 'root' | 'trail'>,
): readonly string[] {
  if (schema === true) return [];
  if (schema === false) return [`${path} is not allowed`];
  return Object.entries(schema).flatMap(
    ([keyword, constraint]) =>
      KEYWORDS[keyword]?.(constraint, value, path, { schema, root, trail }) ?? [],
  );
}

/**
 * Finds what `problems` would pass over: an unknown keyword, or a `$ref` that leads out of the schema
 * or to nothing.
 *
 * @returns the keyword, with what it refers to, or undefined if all can be checked
 */
export function unknownKeyword(schema: JsonSchema, root = schema): string | undefined {
  if (typeof schema === 'boolean') return undefined;
  const { $ref } = schema;
  if ($ref !== undefined && schemaAt(root, $ref) === undefined) return `$ref: ${String($ref)}`;
  const own = Object.keys(schema).find(
    (keyword) => !Object.hasOwn(KEYWORDS, keyword) && !ANNOTATIONS.includes(keyword),
  );
  return (
    own ??
    schemasWithin(schema)
      .map((inner) => unknownKeyword(inner, root))
      .find((keyword) => keyword !== undefined)
  );
}

function schemasWithin(schema: Readonly<Record<string, unknown>>): readonly JsonSchema[] {
  const { items, additionalProperties, propertyNames, not } = schema;
  const named = [schema.properties, schema.$defs, schema.definitions].flatMap((of) =>
    isObject(of) ? Object.values(of) : [],
  );
  const lists = [schema.anyOf, schema.oneOf, schema.allOf, schema.prefixItems].flat();
  return [...named, ...lists, items, additionalProperties, propertyNames, not].filter(
    (one): one is JsonSchema => typeof one === 'boolean' || isObject(one),
  );
}

/** How many of the schemas accept the value. */
function accepted(schemas: unknown, value: unknown, path: string, place: Place): number {
  const all = schemas as readonly JsonSchema[];
  return all.filter((schema) => within(schema, value, path, place).length === 0).length;
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) ? 'integer' : typeof value;
}

function shown(value: unknown): string {
  return inspect(value, { depth: 1, breakLength: Infinity }).slice(0, 80);
}
