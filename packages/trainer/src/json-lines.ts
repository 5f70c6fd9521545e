import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs';

/** Bytes read at once. */
const CHUNK = 1 << 16;
const NEWLINE = 10;

/** One line of a file: its record, and the places of its first byte and of the byte after its newline. */
export interface JsonLine<T> {
  readonly record: T;
  readonly start: number;
  readonly end: number;
}

/**
 * The lines of a file of JSON objects, one after the other. A last line without its newline is one that a crash
 * cut short, or that is being written now: it is left out.
 *
 * @param from the byte to start at, such as the `end` of the last line read: a reader that comes again reads on
 * @throws on a whole line that is not a JSON object; the message names the file and the byte
 */
export function* readJsonLines<T>(path: string, from = 0): Generator<JsonLine<T>> {
  if (!existsSync(path)) return;
  const file = openSync(path, 'r');
  try {
    let start = from;
    let pending: Buffer = Buffer.alloc(0);
    for (let at = from; ; ) {
      const chunk = Buffer.alloc(CHUNK);
      const count = readSync(file, chunk, 0, CHUNK, at);
      if (count === 0) return;
      at += count;
      let text = Buffer.concat([pending, chunk.subarray(0, count)]);
      for (let newline = text.indexOf(NEWLINE); newline >= 0; newline = text.indexOf(NEWLINE)) {
        const end = start + newline + 1;
        if (newline > 0)
          yield { record: parse<T>(text.toString('utf8', 0, newline), path, start), start, end };
        text = text.subarray(newline + 1);
        start = end;
      }
      pending = text;
    }
  } finally {
    closeSync(file);
  }
}

/** Appends records, one line each, in one write: a crash costs at most what is being written. */
export function appendJsonLines(path: string, records: readonly unknown[]): void {
  if (records.length === 0) return;
  const bytes = Buffer.from(records.map((record) => `${JSON.stringify(record)}\n`).join(''));
  const file = openSync(path, 'a');
  try {
    for (let written = 0; written < bytes.length; ) {
      written += writeSync(file, bytes, written);
    }
  } finally {
    closeSync(file);
  }
}

/** Returns once what was appended would outlast a power cut. */
export function syncJsonLines(path: string): void {
  const file = openSync(path, 'a');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/**
 * Cuts a file after the records of a step, and a line that a crash cut short with them: a resumed run writes them
 * again. Records stand in the order of their steps.
 */
export function keepJsonLinesUpTo(path: string, step: number): void {
  if (!existsSync(path)) return;
  let end = 0;
  for (const line of readJsonLines<{ readonly step: number }>(path)) {
    if (line.record.step > step) break;
    end = line.end;
  }
  const file = openSync(path, 'r+');
  try {
    ftruncateSync(file, end);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function parse<T>(line: string, path: string, at: number): T {
  try {
    const record: unknown = JSON.parse(line);
    if (typeof record === 'object' && record !== null) return record as T;
  } catch {
    // Said below, with the place.
  }
  throw new Error(
    `readJsonLines: needs one JSON object per line, got "${line.slice(0, 40)}" at byte ${at} of ${path}. Remove the line.`,
  );
}
