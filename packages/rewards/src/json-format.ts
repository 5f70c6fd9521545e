import type { Reward } from './types.js';

/** The last fenced block of JSON, or of no named language. */
const FENCE = /```(?:json)?[ \t]*\r?\n((?:(?!```)[\s\S])*?)```/g;

/** The JSON of a completion: all of it, or its last fenced block; `undefined` where there is none. */
export function findJson(completion: string): { readonly value: unknown } | undefined {
  const text = [...completion.matchAll(FENCE)].at(-1)?.[1] ?? completion;
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}

/**
 * Rewards valid JSON: 1 if the completion, or its last fenced block, is one JSON value, else 0. `null` and `1` are JSON
 * too; ask for a form with `schemaMatch`.
 *
 * @example
 * jsonFormat(); // '{"a": 1}' gives 1, '{a: 1}' gives 0
 */
export function jsonFormat(): Reward {
  return { name: 'jsonFormat', fn: ({ completion }) => (findJson(completion) ? 1 : 0) };
}
