import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type JsonLine, readJsonLines } from '@grpo/trainer';

/** Bytes before the end of what was read that tell whether the file is still the same. */
const TAIL = 256;
/** Longest time that one slice of reading holds the event loop, in ms. */
const SLICE_MS = 20;
const NEWLINE = 10;

export interface LineFollowerOptions<T> {
  readonly onLine: (line: JsonLine<T>) => void;
  /** The file was cut or written anew, as by a resumed run: everything read before is void. */
  readonly onReset: () => void;
  /** A line that is no record; it is passed over. */
  readonly onDamage: () => void;
}

/** Reads a growing file of JSON lines, each byte once; what was read last is remembered by its place. */
export class LineFollower<T> {
  readonly #path: string;
  readonly #options: LineFollowerOptions<T>;
  #end = 0;
  #size = 0;
  #tail: Buffer = Buffer.alloc(0);
  #reading: Promise<boolean> | undefined;

  constructor(path: string, options: LineFollowerOptions<T>) {
    this.#path = path;
    this.#options = options;
  }

  /** Bytes that were there at the last look and are not read yet. */
  get bytesLeft(): number {
    return Math.max(0, this.#size - this.#end);
  }

  /** Reads what is new. Calls at the same time share one reading. @returns whether anything changed */
  read(): Promise<boolean> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #read(): Promise<boolean> {
    const size = statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0;
    const isSame = size >= this.#end && this.#tail.equals(this.#tailNow());
    if (isSame && size === this.#size) return false;
    if (!isSame) {
      this.#end = 0;
      this.#options.onReset();
    }
    const before = this.#end;
    this.#size = size;
    while (!(await this.#readOn())) this.#skipLine();
    this.#tail = this.#tailNow();
    return !isSame || this.#end !== before;
  }

  /** @returns false where a damaged line stands in the way */
  async #readOn(): Promise<boolean> {
    const lines = readJsonLines<T>(this.#path, this.#end);
    let since = performance.now();
    for (;;) {
      let next: IteratorResult<JsonLine<T>>;
      try {
        next = lines.next();
      } catch {
        return false;
      }
      if (next.done) return true;
      this.#options.onLine(next.value);
      this.#end = next.value.end;
      if (performance.now() - since > SLICE_MS) {
        await nextTurn();
        since = performance.now();
      }
    }
  }

  #skipLine(): void {
    this.#options.onDamage();
    // Empty lines before the damaged one hold nothing: passing over them is no loss either.
    for (let chunk = bytesAt(this.#path, this.#end, 1 << 16); chunk.length > 0; ) {
      const first = chunk.findIndex((byte) => byte !== NEWLINE);
      const newline = first < 0 ? -1 : chunk.indexOf(NEWLINE, first);
      if (newline >= 0) {
        this.#end += newline + 1;
        return;
      }
      const longer = bytesAt(this.#path, this.#end, chunk.length * 2);
      if (longer.length === chunk.length) break;
      chunk = longer;
    }
    this.#end = this.#size;
  }

  #tailNow(): Buffer {
    const start = Math.max(0, this.#end - TAIL);
    return bytesAt(this.#path, start, this.#end - start);
  }
}

/** Bytes of a file; fewer where it ends before. */
export function bytesAt(path: string, start: number, length: number): Buffer {
  if (length === 0) return Buffer.alloc(0);
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return Buffer.alloc(0); // not there, or not any more
  }
  try {
    const bytes = Buffer.alloc(length);
    return bytes.subarray(0, readSync(file, bytes, 0, length, start));
  } finally {
    closeSync(file);
  }
}
