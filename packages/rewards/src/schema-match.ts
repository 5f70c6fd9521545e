import { findJson } from './json-format.js';
import { loadPeer } from './load-peer.js';
import { rowColumn } from './row-column.js';
import type { Reward } from './types.js';

type Schema = Readonly<Record<string, unknown>>;
type Validate = (value: unknown) => boolean | Promise<boolean>;

/** Options of `schemaMatch`: one of the three. */
export type SchemaMatchOptions =
  /** A JSON Schema for all rows, checked by ajv, an optional peer. */
  | { readonly schema: Readonly<Record<string, unknown>> }
  /** Column of the row that holds its JSON Schema. */
  | { readonly column: string }
  /** Your own check, such as `(value) => schema.safeParse(value).success` of zod. */
  | { readonly validate: (value: unknown) => boolean | Promise<boolean> };

/** Schemas kept compiled: a dataset has few, and one that has many must not fill the memory. */
const MAX_SCHEMAS = 100;

/**
 * Rewards JSON of the wanted form: 1 if the completion, or its last fenced block, is JSON that the schema accepts,
 * else 0. Schemas are of draft 2020-12, or of draft 7 if their `$schema` says so; `format` is not checked.
 *
 * @returns a reward of 1 or 0, with the part `json`: 1 if it was JSON at all; `null` where the row's schema is `null`
 * @throws the reward throws if ajv is not installed, or a schema is none
 * @example
 * schemaMatch({ schema: { type: 'object', required: ['city'] } }); // '{"city": "Rome"}' gives 1
 */
export function schemaMatch(options: SchemaMatchOptions): Reward {
  const compiled = new Map<string, Promise<Validate>>();
  const validatorOf = (schema: Schema): Promise<Validate> => {
    const key = JSON.stringify(schema);
    const known = compiled.get(key);
    if (known) return known;
    if (compiled.size >= MAX_SCHEMAS) compiled.clear();
    const validate = compile(schema);
    compiled.set(key, validate);
    return validate;
  };
  return {
    name: 'schemaMatch',
    fn: async ({ completion, row }) => {
      const schema =
        'column' in options ? rowColumn('schemaMatch', row, options.column) : undefined;
      if (schema === null) return null;
      const validate =
        'validate' in options
          ? options.validate
          : await validatorOf('schema' in options ? options.schema : asSchema(schema));
      const found = findJson(completion);
      if (found === undefined) return { value: 0, parts: { json: 0 } };
      return { value: (await validate(found.value)) ? 1 : 0, parts: { json: 1 } };
    },
  };
}

async function compile(schema: Schema): Promise<Validate> {
  const isDraft7 = String(schema.$schema ?? '').includes('draft-07');
  const { Ajv } = await loadPeer('ajv', 'schemaMatch', async () =>
    isDraft7
      ? { Ajv: (await import('ajv')).Ajv }
      : { Ajv: (await import('ajv/dist/2020.js')).Ajv2020 },
  );
  const check = new Ajv({ strict: false, validateFormats: false }).compile({ ...schema });
  return (value) => {
    try {
      return check(value) === true;
    } catch {
      return false; // nested too deep for a schema that refers to itself
    }
  };
}

function asSchema(value: unknown): Schema {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Schema;
  throw new Error(
    `schemaMatch: the row's schema must be an object, got ${typeof value}. Name the column that holds the JSON Schema.`,
  );
}
