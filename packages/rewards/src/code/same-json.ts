/** Decimal results of sums differ in the last digits between machines and orders. */
const RELATIVE = 1e-9;

/** Whether the JSON text of a value says the same as the expected value; numbers to nine digits. */
export function isSameJson(json: string, expected: unknown): boolean {
  if (json === 'undefined') return expected === undefined || expected === null;
  const plain: unknown = JSON.parse(JSON.stringify(expected ?? null));
  return isSameValue(JSON.parse(json), plain);
}

/** Whether two values of JSON are the same: numbers to nine digits, keys in any order. */
export function isSameValue(a: unknown, b: unknown): boolean {
  if (typeof a === 'number' && typeof b === 'number') {
    return a === b || Math.abs(a - b) <= RELATIVE * Math.max(Math.abs(a), Math.abs(b));
  }
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [a, b] as readonly Readonly<Record<string, unknown>>[];
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && isSameValue(left[key], right[key]))
  );
}
