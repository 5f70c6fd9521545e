import type { TensorEntry } from './types.js';

/** A tensor's entry and where its bytes lie, counted from the end of the header. */
export interface PlacedEntry extends TensorEntry {
  readonly begin: number;
  readonly end: number;
}

export interface Header {
  readonly metadata: Readonly<Record<string, string>>;
  /** In the order in which the data lies. */
  readonly entries: ReadonlyMap<string, PlacedEntry>;
}

const METADATA = '__metadata__';
const ALIGNMENT = 8;

/** Bytes of one number, for each type of the format whose numbers fill whole bytes. */
const WIDTHS: ReadonlyMap<string, number> = new Map([
  ...['BOOL', 'U8', 'I8', 'F8_E4M3', 'F8_E5M2', 'F8_E8M0'].map((type) => [type, 1] as const),
  ...['F16', 'BF16', 'I16', 'U16'].map((type) => [type, 2] as const),
  ...['F32', 'I32', 'U32'].map((type) => [type, 4] as const),
  ...['F64', 'I64', 'U64', 'C64'].map((type) => [type, 8] as const),
]);

/**
 * Reads a header's JSON and checks all that it says: types, shapes, and that the tensors fill the data from
 * its first byte to its last without a gap or an overlap.
 *
 * @param available bytes of data after the header
 * @throws with what is wrong, for the caller to say in which file
 */
export function parseHeader(bytes: Uint8Array, available: number): Header {
  const { [METADATA]: metadata = {}, ...rest } = parseObject(bytes);
  if (!isRecord(metadata) || Object.values(metadata).some((text) => typeof text !== 'string')) {
    throw new Error('metadata that is not an object of texts');
  }
  const entries = Object.entries(rest).map(
    ([name, value]) => [name, parseEntry(name, value)] as const,
  );
  entries.sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  checkPlaces(entries, available);
  return { metadata: metadata as Record<string, string>, entries: new Map(entries) };
}

/** The JSON of a header for tensors that lie one after the other, padded so that the data is aligned. */
export function formatHeader(
  entries: Iterable<readonly [name: string, entry: TensorEntry]>,
  metadata: Readonly<Record<string, string>>,
): Buffer {
  let offset = 0;
  const fields: [string, unknown][] = [[METADATA, metadata]];
  for (const [name, { dtype, shape }] of entries) {
    const end = offset + byteSize({ dtype, shape });
    fields.push([name, { dtype, shape, data_offsets: [offset, end] }]);
    offset = end;
  }
  const text = Buffer.from(JSON.stringify(Object.fromEntries(fields)));
  const padded = Buffer.alloc(Math.ceil(text.length / ALIGNMENT) * ALIGNMENT, ' ');
  text.copy(padded);
  return padded;
}

/** Bytes of a tensor's data. */
export function byteSize({ dtype, shape }: TensorEntry): number {
  return shape.reduce((product, length) => product * length, WIDTHS.get(dtype) ?? Number.NaN);
}

function parseObject(bytes: Uint8Array): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new Error('a header that is not JSON');
  }
  if (!isRecord(header)) throw new Error('a header that is not a JSON object');
  return header;
}

function parseEntry(name: string, value: unknown): PlacedEntry {
  if (!isRecord(value)) throw new Error(`no entry but ${JSON.stringify(value)} for "${name}"`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== 'string' || !WIDTHS.has(dtype)) {
    throw new Error(`the unknown type ${JSON.stringify(dtype)} for "${name}"`);
  }
  if (!isLengths(shape)) {
    throw new Error(`the shape ${JSON.stringify(shape)} for "${name}"`);
  }
  if (!isLengths(offsets) || offsets.length !== 2) {
    throw new Error(`the offsets ${JSON.stringify(offsets)} for "${name}"`);
  }
  const [begin, end] = offsets;
  const expected = byteSize({ dtype, shape });
  if (end - begin !== expected) {
    throw new Error(
      `${end - begin} bytes for "${name}", whose shape [${shape.join(', ')}] takes ${expected}`,
    );
  }
  return { dtype, shape, begin, end };
}

function checkPlaces(
  entries: readonly (readonly [string, PlacedEntry])[],
  available: number,
): void {
  let filled = 0;
  let previous = '';
  for (const [name, { begin, end }] of entries) {
    if (begin < filled) {
      throw new Error(`"${name}" from byte ${begin} on, where "${previous}" lies up to ${filled}`);
    }
    if (begin > filled) {
      throw new Error(`a gap of ${begin - filled} bytes before "${name}"`);
    }
    if (end > available) {
      throw new Error(`"${name}" cut off: it ends at byte ${end} of ${available}`);
    }
    filled = end;
    previous = name;
  }
  if (filled < available) {
    throw new Error(`${available - filled} bytes after the last tensor that belong to none`);
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isLengths(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}
