import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Mark } from './marks.js';
import type { SinkState } from './types.js';

/** How far a sink has come, kept in the run's folder. */
export interface Cursor {
  readonly version: 1;
  /** 32 hexadecimal digits: the run's, for this sink. */
  readonly id: string;
  /** ms since 1970. */
  readonly startedMs: number;
  /** Σ `time/step` of records that were cut off, in ms: a step that is written again is later than it was. */
  readonly lostMs: number;
  /** Oldest first; the newest is the last record handed over. */
  readonly marks: readonly Mark[];
  /** The sink's own; undefined until it has started. */
  readonly state?: SinkState;
}

export function cursorPath(folder: string, name: string): string {
  return join(folder, 'trackers', `${name}.json`);
}

/** Undefined where there is none, or a damaged one: the sink then starts over. */
export async function readCursor(path: string): Promise<Cursor | undefined> {
  try {
    const cursor = JSON.parse(await readFile(path, 'utf8')) as Partial<Cursor> | null;
    const isWhole =
      cursor?.version === 1 && typeof cursor.id === 'string' && Array.isArray(cursor.marks);
    return isWhole ? (cursor as Cursor) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Written aside, then renamed: a crash leaves the old one or the new one. */
export async function writeCursor(path: string, cursor: Cursor): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const aside = `${path}.${process.pid}`;
  await writeFile(aside, `${JSON.stringify(cursor)}\n`);
  await rename(aside, path);
}
