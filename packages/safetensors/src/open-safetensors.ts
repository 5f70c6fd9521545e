import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { widenBfloat16, widenFloat16 } from './half-floats.js';
import { type Header, type PlacedEntry, parseHeader } from './header.js';
import type { SafetensorsReader, StoredTensor } from './types.js';

const LENGTH_BYTES = 8; // the header's size as a little-endian 64-bit number
const MAX_HEADER = 100_000_000; // the reference reader's limit: a larger number is a damaged file
const CHUNK = 2 ** 22; // numbers of half a word that are held beside their widened tensor
const MAX_READ = 2 ** 30; // bytes of one call: Node refuses 2 GiB and more

/**
 * Opens a safetensors file (https://github.com/huggingface/safetensors, format section) and reads its header.
 * Types, shapes and offsets are checked against the file's size before anything is allocated; the data stays
 * on disk until `read`, which reads one tensor straight into the memory that it is returned in.
 *
 * @throws if the file is missing, truncated or not in the format; the message names the file and the tensor
 */
export function openSafetensors(path: string): SafetensorsReader {
  const file = openFile(path);
  try {
    const { header, start } = readHeader(file, path);
    let isOpen = true;
    const read = (name: string): StoredTensor => {
      const entry = header.entries.get(name);
      if (!isOpen || entry === undefined) {
        throw new Error(
          `openSafetensors: needs ${isOpen ? 'the name of a tensor' : 'an open file'}, got read("${name}") of ${path}${isOpen ? '' : ' after close()'}. ${isOpen ? 'Choose one of `entries`' : 'Read before closing'}.`,
        );
      }
      return { shape: entry.shape, data: readNumbers({ file, start, path }, name, entry) };
    };
    const close = () => {
      if (isOpen) closeSync(file);
      isOpen = false;
    };
    return { path, metadata: header.metadata, entries: header.entries, read, close };
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

function openFile(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    throw new Error(
      `openSafetensors: needs a readable file, got ${path} (${(error as Error).message}). Check the model folder.`,
    );
  }
}

function readHeader(file: number, path: string): { header: Header; start: number } {
  const { size } = fstatSync(file);
  if (size < LENGTH_BYTES) throw damaged(path, `${size} bytes`);
  const lengthBytes = Buffer.alloc(LENGTH_BYTES);
  readFully(file, lengthBytes, 0, path);
  const length = Number(lengthBytes.readBigUInt64LE());
  if (length < 2 || length > MAX_HEADER || LENGTH_BYTES + length > size) {
    throw damaged(path, `a header of ${length} bytes in a file of ${size}`);
  }
  const bytes = Buffer.alloc(length);
  readFully(file, bytes, LENGTH_BYTES, path);
  const start = LENGTH_BYTES + length;
  try {
    return { header: parseHeader(bytes, size - start), start };
  } catch (error) {
    throw damaged(path, (error as Error).message);
  }
}

interface Data {
  readonly file: number;
  readonly start: number;
  readonly path: string;
}

function readNumbers(data: Data, name: string, entry: PlacedEntry): Float32Array {
  const { file, path } = data;
  const begin = data.start + entry.begin;
  const bytes = entry.end - entry.begin;
  if (entry.dtype === 'F32') {
    const floats = new Float32Array(bytes / 4);
    readFully(file, new Uint8Array(floats.buffer), begin, path);
    return floats;
  }
  if (entry.dtype !== 'F16' && entry.dtype !== 'BF16') {
    throw new Error(
      `openSafetensors: needs tensors of type F32, F16 or BF16, got ${entry.dtype} for "${name}" in ${path}. Convert the file first.`,
    );
  }
  const widen = entry.dtype === 'F16' ? widenFloat16 : widenBfloat16;
  const floats = new Float32Array(bytes / 2);
  const halves = new Uint16Array(Math.min(CHUNK, floats.length));
  for (let i = 0; i < floats.length; i += CHUNK) {
    const part = halves.subarray(0, Math.min(CHUNK, floats.length - i));
    readFully(file, new Uint8Array(part.buffer, 0, part.byteLength), begin + 2 * i, path);
    widen(part, floats.subarray(i, i + part.length));
  }
  return floats;
}

function readFully(file: number, into: Uint8Array, position: number, path: string): void {
  for (let done = 0; done < into.length; ) {
    const length = Math.min(MAX_READ, into.length - done);
    const count = readSync(file, into, done, length, position + done);
    if (count === 0) throw damaged(path, `its end at byte ${position + done}`);
    done += count;
  }
}

function damaged(path: string, what: string): Error {
  return new Error(
    `openSafetensors: needs a whole safetensors file, got ${what} (${path}). The file is truncated or damaged: copy or save it again.`,
  );
}
