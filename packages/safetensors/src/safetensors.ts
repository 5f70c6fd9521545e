import { type FileHandle, open } from 'node:fs/promises';
import { roundToBfloat16, roundToFloat16 } from './half-floats.js';
import { formatHeader } from './header.js';
import { openSafetensors } from './open-safetensors.js';
import type {
  FloatType,
  LazyTensor,
  SafetensorsFile,
  StoredTensor,
  WriteOptions,
} from './types.js';

const LENGTH_BYTES = 8; // the header's size as a little-endian 64-bit number
const CHUNK = 2 ** 22; // numbers that are rounded and written at a time

/**
 * Reads a safetensors file, all tensors of it.
 * Header, shapes and offsets are checked against the file's size before anything is allocated.
 *
 * @throws if the file is missing, truncated or not in the format; the message names the file and the tensor
 */
export function readSafetensors(path: string): SafetensorsFile {
  const reader = openSafetensors(path);
  try {
    const names = [...reader.entries.keys()];
    const tensors = new Map(names.map((name) => [name, reader.read(name)]));
    return { tensors, metadata: reader.metadata };
  } finally {
    reader.close();
  }
}

/**
 * Writes tensors as one safetensors file, synced to disk before it returns.
 * Tensors are laid out in the order given; the header is padded so that the data is aligned.
 *
 * @throws before anything is written if a tensor's shape does not fit its numbers; a lazy one as it is read
 */
export async function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, StoredTensor | LazyTensor>,
  metadata: Readonly<Record<string, string>> = {},
  { dtype = 'F32' }: WriteOptions = {},
): Promise<void> {
  for (const [name, tensor] of tensors) {
    checkName(name);
    if ('data' in tensor) checkSize(name, tensor.shape, tensor.data);
  }
  const entries = [...tensors].map(([name, { shape }]) => [name, { dtype, shape }] as const);
  const header = formatHeader(entries, metadata);
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeBigUInt64LE(BigInt(header.length));

  const file = await open(path, 'w');
  try {
    await file.writeFile(Buffer.concat([length, header]));
    for (const [name, tensor] of tensors) {
      const data = 'data' in tensor ? tensor.data : tensor.read();
      checkSize(name, tensor.shape, data);
      await writeNumbers(file, data, dtype);
    }
    await file.sync();
  } finally {
    await file.close();
  }
}

async function writeNumbers(file: FileHandle, data: Float32Array, dtype: FloatType): Promise<void> {
  if (dtype === 'F32') {
    await file.writeFile(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
    return;
  }
  const round = dtype === 'F16' ? roundToFloat16 : roundToBfloat16;
  const halves = new Uint16Array(Math.min(CHUNK, data.length));
  for (let i = 0; i < data.length; i += CHUNK) {
    const part = data.subarray(i, i + CHUNK);
    round(part, halves);
    await file.writeFile(Buffer.from(halves.buffer, 0, 2 * part.length));
  }
}

function checkName(name: string): void {
  if (name !== '__metadata__') return;
  throw new Error(
    'writeSafetensors: needs names of tensors, got "__metadata__", which the format keeps for texts. Rename the tensor.',
  );
}

function checkSize(name: string, shape: readonly number[], data: Float32Array): void {
  const expected = shape.reduce((product, length) => product * length, 1);
  if (data.length === expected) return;
  throw new Error(
    `writeSafetensors: needs ${expected} numbers for "${name}" with shape [${shape.join(', ')}], got ${data.length}. Correct the shape.`,
  );
}
