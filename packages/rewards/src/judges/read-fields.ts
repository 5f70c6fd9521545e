/** Reads a field of a judge's answer that must be there. */
export function readField(answer: unknown, name: string): unknown {
  if (typeof answer === 'object' && answer !== null && Object.hasOwn(answer, name)) {
    return (answer as Readonly<Record<string, unknown>>)[name];
  }
  throw new Error(`it needs a field "${name}"`);
}

/** Reads a number of a judge's answer within its range; a numeral in quotes counts, one out of range does not. */
export function readNumber(answer: unknown, name: string, low: number, high: number): number {
  const value = readField(answer, name);
  const number =
    typeof value === 'string' && /^\s*-?\d+(\.\d+)?\s*$/.test(value) ? Number(value) : value;
  if (typeof number === 'number' && number >= low && number <= high) return number;
  throw new Error(
    `"${name}" must be a number from ${low} to ${high}, got ${JSON.stringify(value)}`,
  );
}

/** Reads one of a few words of a judge's answer, in any case. */
export function readWord<W extends string>(answer: unknown, name: string, words: readonly W[]): W {
  const value = readField(answer, name);
  const said = typeof value === 'string' ? value.trim().toLowerCase() : value;
  const word = words.find((one) => one.toLowerCase() === said);
  if (word !== undefined) return word;
  throw new Error(`"${name}" must be one of ${words.join(', ')}, got ${JSON.stringify(value)}`);
}
