/** Typed reads of a JSON object's fields; every error names the field, its source and what was found. */
export interface Fields {
  text(name: string): string;
  size(name: string, fallback?: number): number;
  positive(name: string, fallback?: number): number;
  truth(name: string, fallback: boolean): boolean;
  record(name: string): Record<string, unknown> | undefined;
  /** An absent list is empty. */
  list(name: string): readonly unknown[];
  /** An absent field or exactly this value. */
  only(name: string, value: unknown): void;
}

/** @param source the file that errors name */
export function fieldsOf(json: unknown, source: string): Fields {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new Error(`readConfig: needs a JSON object, got ${JSON.stringify(json)} (${source}).`);
  }
  const object = json as Record<string, unknown>;
  const fail = (name: string, need: string): never => {
    throw new Error(
      `readConfig: needs ${need} for "${name}", got ${JSON.stringify(object[name])} (${source}). Correct the file.`,
    );
  };
  const number = (
    name: string,
    fallback: number | undefined,
    need: string,
    ok: (n: number) => boolean,
  ) => {
    const value = object[name] ?? fallback;
    return typeof value === 'number' && ok(value) ? value : fail(name, need);
  };
  return {
    text: (name) =>
      typeof object[name] === 'string' ? (object[name] as string) : fail(name, 'a text'),
    size: (name, fallback) =>
      number(name, fallback, 'a whole number above 0', (n) => Number.isInteger(n) && n > 0),
    positive: (name, fallback) => number(name, fallback, 'a number above 0', (n) => n > 0),
    truth: (name, fallback) => {
      const value = object[name] ?? fallback;
      return typeof value === 'boolean' ? value : fail(name, 'true or false');
    },
    record: (name) => {
      const value = object[name];
      if (value === undefined || value === null) return undefined;
      return typeof value === 'object' && !Array.isArray(value)
        ? (value as Record<string, unknown>)
        : fail(name, 'an object');
    },
    list: (name) => {
      const value = object[name] ?? [];
      return Array.isArray(value) ? value : fail(name, 'a list');
    },
    only: (name, value) => {
      if (object[name] !== undefined && object[name] !== null && object[name] !== value) {
        fail(name, JSON.stringify(value));
      }
    },
  };
}
