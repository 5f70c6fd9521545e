import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';

const NEWLINE = 10;

/** One whole line of a file. */
export interface Line {
  /** Place of its first byte. */
  readonly start: number;
  /** Place after its newline. */
  readonly end: number;
  /** Of its bytes, newline included. */
  readonly hash: string;
  /** Undefined where the line is not a JSON object with a `step`. */
  readonly record: (Readonly<Record<string, unknown>> & { readonly step: number }) | undefined;
}

/**
 * The whole lines from a place on, about as many bytes as asked for; a longer line comes alone. A last line without
 * its newline is being written, or was cut short: it is left out. A file that is not there has no lines.
 */
export async function readLines(path: string, from: number, bytes: number): Promise<Line[]> {
  return withFile(path, [], async (file) => {
    for (let size = bytes; ; size *= 2) {
      const chunk = await readAt(file, from, size);
      const lines = linesOf(chunk, from);
      if (lines.length > 0 || chunk.length < size) return lines;
    }
  });
}

/** Whether a line still stands where it stood. */
export async function hasLine(
  path: string,
  { start, end, hash }: Pick<Line, 'start' | 'end' | 'hash'>,
): Promise<boolean> {
  return withFile(path, false, async (file) => {
    const bytes = await readAt(file, start, end - start);
    return bytes.length === end - start && hashOf(bytes) === hash;
  });
}

async function withFile<Value>(
  path: string,
  missing: Value,
  use: (file: FileHandle) => Promise<Value>,
): Promise<Value> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return missing;
    throw error;
  }
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

async function readAt(file: FileHandle, from: number, size: number): Promise<Buffer> {
  const chunk = Buffer.alloc(size);
  let count = 0;
  while (count < size) {
    const { bytesRead } = await file.read(chunk, count, size - count, from + count);
    if (bytesRead === 0) break;
    count += bytesRead;
  }
  return chunk.subarray(0, count);
}

function linesOf(chunk: Buffer, from: number): Line[] {
  const lines: Line[] = [];
  let start = 0;
  for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, start)) {
    const bytes = chunk.subarray(start, at + 1);
    lines.push({
      start: from + start,
      end: from + at + 1,
      hash: hashOf(bytes),
      record: parse(bytes.toString('utf8')),
    });
    start = at + 1;
  }
  return lines;
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
}

function parse(text: string): Line['record'] {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && 'step' in value) {
      if (Number.isSafeInteger(value.step)) return value as Line['record'];
    }
  } catch {
    // Counted by the follower.
  }
  return undefined;
}
