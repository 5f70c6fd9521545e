/** Readers of JSON that a server sent. Each throws `needs X, got Y` without a full stop. */

export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function objectOf(value: unknown, what = 'an answer'): JsonObject {
  if (isObject(value)) return value;
  throw new Error(`needs ${what} that is an object, got ${show(value)}`);
}

export function textOf(of: JsonObject, name: string): string {
  const value = of[name];
  if (typeof value === 'string' && value !== '') return value;
  throw new Error(`needs a text as ${name}, got ${show(value)}`);
}

export function listOf(of: JsonObject, name: string): readonly unknown[] {
  const value = of[name];
  if (Array.isArray(value)) return value as unknown[];
  throw new Error(`needs a list as ${name}, got ${show(value)}`);
}

/** Numbers; JSON has no NaN, so that one arrives as null. */
export function numbersOf(of: JsonObject, name: string, length: number): readonly number[] {
  const values = listOf(of, name);
  if (values.length !== length) {
    throw new Error(`needs ${length} numbers as ${name}, got ${values.length}`);
  }
  for (const [i, value] of values.entries()) {
    if (typeof value === 'number' && Number.isFinite(value)) continue;
    const why = value === null ? 'null, which stands for NaN on the server' : show(value);
    throw new Error(`needs numbers as ${name}, got ${why} at place ${i}`);
  }
  return values as number[];
}

export function show(value: unknown): string {
  return (JSON.stringify(value) ?? String(value)).slice(0, 80);
}
