import { createHash } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readSafetensors, type StoredTensor, writeSafetensors } from '@grpo/safetensors';

/** What is kept of a value function: named tensors and counters. */
export interface ValueFile {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly counters: Readonly<Record<string, number>>;
}

const NAME = 'value.safetensors';
const CHECKSUM = 'sha256';

/**
 * Writes `FOLDER/value.safetensors`, with the counters and a SHA-256 of all content in its metadata.
 * It is written under another name, synced and then renamed: at every moment the folder holds the old
 * file or the new one, whole.
 */
export async function writeValueFile(folder: string, file: ValueFile): Promise<void> {
  const path = join(folder, NAME);
  const aside = `${path}.writing`;
  await mkdir(folder, { recursive: true });
  try {
    const metadata = { ...texts(file.counters), [CHECKSUM]: checksum(file) };
    await writeSafetensors(aside, file.tensors, metadata);
    await rename(aside, path);
    await syncFolder(folder);
  } catch (error) {
    await rm(aside, { force: true });
    throw error;
  }
}

/**
 * Reads what `writeValueFile` wrote.
 *
 * @throws if the file is missing, cut off, or differs in one bit from what was written; the message names it
 */
export function readValueFile(folder: string): ValueFile {
  const path = join(folder, NAME);
  const { tensors, metadata } = read(path);
  const { [CHECKSUM]: expected, ...rest } = metadata;
  const counters = Object.fromEntries(
    Object.entries(rest).map(([key, text]) => [key, Number(text)]),
  );
  if (checksum({ tensors, counters }) !== expected) throw damaged(path, 'another checksum');
  return { tensors, counters };
}

function read(path: string): ReturnType<typeof readSafetensors> {
  try {
    return readSafetensors(path);
  } catch (error) {
    throw damaged(path, error instanceof Error ? error.message : String(error));
  }
}

function damaged(path: string, what: string): Error {
  return new Error(
    `readValueFile: needs ${path} as it was saved, got ${what}. Load an older copy, or start the value function afresh.`,
  );
}

/** SHA-256 over counters, names, shapes and numbers, in the order of the names. */
function checksum({ tensors, counters }: ValueFile): string {
  const hash = createHash('sha256');
  hash.update(JSON.stringify(sorted(Object.entries(counters))));
  for (const [name, { shape, data }] of sorted([...tensors])) {
    hash.update(JSON.stringify([name, shape]));
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}

function sorted<Value>(entries: readonly (readonly [string, Value])[]) {
  return [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
}

function texts(counters: ValueFile['counters']): Record<string, string> {
  return Object.fromEntries(Object.entries(counters).map(([key, count]) => [key, String(count)]));
}

/** A rename lasts through a power cut only once its folder is synced. Windows has no such call. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
