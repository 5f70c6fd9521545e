import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { SafetensorsFile, StoredTensor } from './types.js';

interface HeaderEntry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

const LENGTH_BYTES = 8; // the header's size as a little-endian 64-bit number
const MAX_HEADER = 100_000_000; // the reference reader's limit: a larger number is a damaged file
const BYTES: Readonly<Record<string, number>> = { F32: 4, F16: 2, BF16: 2 };

/**
 * Reads a safetensors file (https://github.com/huggingface/safetensors, format section).
 * Header, types, shapes and offsets are checked against the file's size before anything is allocated.
 *
 * @throws if the file is missing, truncated or not in the format; the message names the file and the tensor
 */
export function readSafetensors(path: string): SafetensorsFile {
  const file = openFile(path);
  try {
    const size = fstatSync(file).size;
    const { header, start } = readHeader(file, size, path);
    const { __metadata__: metadata = {}, ...entries } = header;
    const tensors = new Map<string, StoredTensor>();
    for (const [name, entry] of Object.entries(entries) as [string, HeaderEntry][]) {
      checkEntry(name, entry, size - start, path);
    }
    for (const [name, entry] of Object.entries(entries) as [string, HeaderEntry][]) {
      const [begin, end] = entry.data_offsets;
      const bytes = Buffer.alloc(end - begin);
      readSync(file, bytes, 0, bytes.length, start + begin);
      tensors.set(name, { shape: entry.shape, data: widen(bytes, entry.dtype) });
    }
    return { tensors, metadata: metadata as Record<string, string> };
  } finally {
    closeSync(file);
  }
}

/**
 * Writes float32 tensors as one safetensors file, synced to disk before it returns.
 * Tensors are laid out in the order given; the header is padded so that the data is aligned.
 */
export async function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, StoredTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let offset = 0;
  for (const [name, { shape, data }] of tensors) {
    const end = offset + data.byteLength;
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, end] };
    offset = end;
  }
  const text = Buffer.from(JSON.stringify(header));
  const padded = Buffer.alloc(Math.ceil(text.length / LENGTH_BYTES) * LENGTH_BYTES, ' ');
  text.copy(padded);
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeBigUInt64LE(BigInt(padded.length));

  const file = await open(path, 'w');
  try {
    await file.writeFile(Buffer.concat([length, padded]));
    for (const { data } of tensors.values()) {
      await file.writeFile(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
    }
    await file.sync();
  } finally {
    await file.close();
  }
}

function openFile(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    throw new Error(
      `readSafetensors: needs a readable file, got ${path} (${(error as Error).message}). Check the model folder.`,
    );
  }
}

function readHeader(file: number, size: number, path: string) {
  const lengthBytes = Buffer.alloc(LENGTH_BYTES);
  const read = readSync(file, lengthBytes, 0, LENGTH_BYTES, 0);
  const length = read === LENGTH_BYTES ? Number(lengthBytes.readBigUInt64LE()) : 0;
  if (length < 2 || length > MAX_HEADER || LENGTH_BYTES + length > size) {
    throw damaged(path, `a header of ${length} bytes in a file of ${size}`);
  }
  const text = Buffer.alloc(length);
  readSync(file, text, 0, length, LENGTH_BYTES);
  try {
    const header = JSON.parse(text.toString('utf8')) as Record<string, unknown>;
    return { header, start: LENGTH_BYTES + length };
  } catch {
    throw damaged(path, 'a header that is not JSON');
  }
}

function checkEntry(name: string, entry: HeaderEntry, available: number, path: string): void {
  const width = BYTES[entry.dtype];
  if (width === undefined) {
    throw new Error(
      `readSafetensors: needs tensors of type ${Object.keys(BYTES).join(', ')}, got ${entry.dtype} for "${name}" in ${path}. Convert the file first.`,
    );
  }
  const [begin, end] = entry.data_offsets;
  const expected = entry.shape.reduce((product, length) => product * length, width);
  if (!(begin >= 0) || end - begin !== expected) {
    throw damaged(
      path,
      `${end - begin} bytes for "${name}", whose shape [${entry.shape.join(', ')}] takes ${expected}`,
    );
  }
  if (end > available) {
    throw damaged(path, `"${name}" cut off: it ends at byte ${end} of ${available}`);
  }
}

function damaged(path: string, what: string): Error {
  return new Error(
    `readSafetensors: needs a whole safetensors file, got ${what} (${path}). The file is truncated or damaged: copy or save it again.`,
  );
}

function widen(bytes: Buffer, dtype: string): Float32Array {
  if (dtype === 'F32') {
    return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  }
  const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
  if (dtype === 'F16') return Float32Array.from(halves, float16);
  // bfloat16 is the upper half of a float32.
  const words = Uint32Array.from(halves, (half) => half << 16);
  return new Float32Array(words.buffer);
}

/** IEEE 754 half precision: 1 sign bit, 5 exponent bits, 10 fraction bits. */
function float16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
