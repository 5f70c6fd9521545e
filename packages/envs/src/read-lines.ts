import { closeSync, openSync, readSync } from 'node:fs';

/** One line of a file. */
export interface Line {
  /** Counted from 1. */
  readonly line: number;
  /** Without its end; undefined where it is longer than allowed. */
  readonly bytes: Uint8Array | undefined;
}

const NEWLINE = 0x0a;
const MARK = [0xef, 0xbb, 0xbf]; // of the byte order

/**
 * Reads a file of any size line by line. No more than one line and one piece of the file are held.
 *
 * @param maxLength longest line, in bytes; a longer one is passed over without being held
 * @param pieceLength bytes read at once
 * @throws where the file cannot be read, naming the reader and the file
 */
export function* readLines(
  reader: string,
  path: string,
  maxLength: number,
  pieceLength = 1 << 20,
): Generator<Line> {
  const file = attempt(reader, () => openSync(path, 'r'));
  try {
    const piece = Buffer.alloc(pieceLength);
    let held: Buffer[] = [];
    let length = 0;
    let line = 1;
    const hold = (part: Buffer) => {
      length += part.length;
      if (length <= maxLength) held.push(Buffer.from(part));
      else held = [];
    };
    const finished = (): Line => {
      const bytes = length <= maxLength ? withoutMark(Buffer.concat(held), line) : undefined;
      held = [];
      length = 0;
      return { line: line++, bytes };
    };
    for (;;) {
      const count = attempt(reader, () => readSync(file, piece, 0, pieceLength, null));
      if (count === 0) break;
      let start = 0;
      for (;;) {
        const end = piece.subarray(0, count).indexOf(NEWLINE, start);
        hold(piece.subarray(start, end === -1 ? count : end));
        if (end === -1) break;
        yield finished();
        start = end + 1;
      }
    }
    if (length > 0) yield finished();
  } finally {
    closeSync(file);
  }
}

function withoutMark(bytes: Buffer, line: number): Buffer {
  return line === 1 && MARK.every((byte, i) => bytes[i] === byte) ? bytes.subarray(3) : bytes;
}

function attempt<Value>(reader: string, work: () => Value): Value {
  try {
    return work();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new Error(`${reader}: needs a readable file, got ${message}. Check the path.`);
  }
}
