/** Typed reads of a JSON object's fields; every error names the field, its source and what was found. */
export interface Fields {
  text(name: string): string;
  size(name: string, fallback?: number): number;
  positive(name: string, fallback?: number): number;
  truth(name: string, fallback: boolean): boolean;
  /** A fallback of `undefined` stands for a field that may be absent or null. */
  number(name: string, fallback?: number): number | undefined;
  record(name: string): Record<string, unknown> | undefined;
  /** An absent list is empty. */
  list(name: string): readonly unknown[];
  /** Whether the field is there, be it null. */
  has(name: string): boolean;
  /** An absent field or exactly this value. */
  only(name: string, value: unknown): void;
  /** The field as one of these texts, or the fallback where it is absent. */
  choice<T extends string>(name: string, values: readonly T[], fallback: T): T;
  /** A field that must be absent, null, false, empty or 0. @param why a sentence for the error */
  refuse(name: string, why: string): void;
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
    number: (name, fallback) => {
      const value = object[name] ?? fallback;
      if (value === undefined) return undefined;
      return typeof value === 'number' && Number.isFinite(value) ? value : fail(name, 'a number');
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
    has: (name) => object[name] !== undefined,
    choice: (name, values, fallback) => {
      const value = object[name] ?? fallback;
      const known = values.find((candidate) => candidate === value);
      return known ?? fail(name, `one of ${values.map((v) => JSON.stringify(v)).join(', ')}`);
    },
    refuse: (name, why) => {
      const value = object[name];
      const isAbsent = !value || (Array.isArray(value) && value.length === 0);
      if (!isAbsent) fail(name, `nothing (${why})`);
    },
    only: (name, value) => {
      if (object[name] !== undefined && object[name] !== null && object[name] !== value) {
        fail(name, JSON.stringify(value));
      }
    },
  };
}
