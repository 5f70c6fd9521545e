import type { JsonSchema } from './types.js';

/**
 * The schema that a `$ref` points at within its own document: `#`, `#/$defs/node` (RFC 6901).
 *
 * @returns undefined where it leads out of the document or to nothing
 */
export function schemaAt(root: JsonSchema, ref: unknown): JsonSchema | undefined {
  if (typeof ref !== 'string' || !/^#(\/|$)/.test(ref)) return undefined;
  const names = ref
    .split('/')
    .slice(1)
    .map((name) => decoded(name).replaceAll('~1', '/').replaceAll('~0', '~'));
  let found: unknown = root;
  for (const name of names) {
    const isThere = typeof found === 'object' && found !== null && Object.hasOwn(found, name);
    found = isThere ? (found as Readonly<Record<string, unknown>>)[name] : undefined;
  }
  if (typeof found === 'boolean') return found;
  const isSchema = typeof found === 'object' && found !== null && !Array.isArray(found);
  return isSchema ? (found as JsonSchema) : undefined;
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
