import type { JsonSchema, StandardSchema, Tool, ToolContext } from './types.js';

/** What `defineTool` makes a tool of. */
export interface ToolDefinition<Args> extends Pick<Tool, 'timeoutMs' | 'maxCalls'> {
  readonly name: string;
  /** Says to the model what the tool does and when to use it. */
  readonly description: string;
  /** A schema of zod, Valibot, ArkType or any other library that follows Standard Schema. */
  readonly input: StandardSchema<Args>;
  /** How the arguments are described to the model. Default: what the schema says of itself. */
  readonly parameters?: JsonSchema;
  /** Gets the arguments as the schema reads them. Returns a text, or a value shown as JSON. */
  execute(args: Args, context: ToolContext): unknown;
}

/**
 * Makes a tool of a schema and a function with typed arguments.
 *
 * The model reads the JSON Schema that the library writes (`~standard.jsonSchema`, as in zod from
 * 4.2); other libraries have a converter whose result goes into `parameters`.
 *
 * @throws TypeError if there is no Standard Schema, or nothing that describes it to the model
 * @example
 * defineTool({
 *   name: 'add',
 *   description: 'Adds two numbers.',
 *   input: z.object({ a: z.number(), b: z.number() }),
 *   execute: ({ a, b }) => a + b,
 * });
 */
export function defineTool<Args>({
  name,
  description,
  input,
  parameters,
  execute,
  ...limits
}: ToolDefinition<Args>): Tool {
  if (typeof input?.['~standard']?.validate !== 'function') {
    throw new TypeError(
      `defineTool: needs a Standard Schema as the input of ${name}, got none. ` +
        'Use zod, Valibot or ArkType; for a JSON Schema, write the tool as an object.',
    );
  }
  return {
    name,
    description,
    parameters: parameters ?? described(name, input),
    input,
    execute: (args, context) => execute(args as Args, context),
    ...limits,
  };
}

function described(name: string, { '~standard': { jsonSchema, vendor } }: StandardSchema) {
  const remedy = 'Pass parameters, made by its converter (z.toJSONSchema, …) or by hand.';
  const needs = `defineTool: needs a JSON Schema that describes the arguments of ${name}`;
  if (jsonSchema === undefined) throw new TypeError(`${needs}, got none from ${vendor}. ${remedy}`);
  try {
    const { $schema, ...schema } = jsonSchema.input({ target: 'draft-2020-12' });
    return schema;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new TypeError(`${needs}, got an error from ${vendor}: ${reason}. ${remedy}`);
  }
}
