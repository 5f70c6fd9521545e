import { crc32 } from 'node:zlib';

/** Of LevelDB's log format: https://github.com/google/leveldb/blob/main/doc/log_format.md */
const BLOCK = 32_768;
/** Checksum [4], length [2], kind [1]. */
const HEADER = 7;
const KIND = { full: 1, first: 2, middle: 3, last: 4 };
/** `:W&B`, 0xBEE1 little-endian, version 0. It counts in the first block. */
const OPENING = Buffer.from([0x3a, 0x57, 0x26, 0x42, 0xe1, 0xbe, 0x00]);

/** One record of a file, and where it stands. */
export interface LogRecord {
  readonly record: Uint8Array;
  readonly start: number;
}

/**
 * Records as bytes of a `.wandb` file: LevelDB's log format, with the plain CRC-32 of kind and data as its checksum.
 * A record that does not fit into its block of 32 KiB goes on in the next.
 *
 * @param offset bytes that the file has; at 0 the file's opening comes first
 */
export function logBytes(records: readonly Uint8Array[], offset: number): Buffer {
  const parts: Buffer[] = offset === 0 ? [OPENING] : [];
  let at = offset + (offset === 0 ? OPENING.length : 0);
  const put = (bytes: Buffer) => {
    parts.push(bytes);
    at += bytes.length;
  };
  for (const record of records) {
    let rest = record;
    let isFirst = true;
    do {
      const left = BLOCK - (at % BLOCK);
      if (left < HEADER) put(Buffer.alloc(left));
      const room = BLOCK - (at % BLOCK) - HEADER;
      const data = rest.subarray(0, room);
      rest = rest.subarray(data.length);
      put(framed(data, kindOf(isFirst, rest.length === 0)));
      isFirst = false;
    } while (rest.length > 0);
  }
  return Buffer.concat(parts);
}

/** The whole records of a file that `logBytes` made. */
export function logRecords(bytes: Uint8Array): LogRecord[] {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const records: LogRecord[] = [];
  let parts: Uint8Array[] = [];
  let start = 0;
  for (let at = OPENING.length; at + HEADER <= file.length; ) {
    const left = BLOCK - (at % BLOCK);
    if (left < HEADER) {
      at += left;
      continue;
    }
    const kind = file[at + 6];
    const data = file.subarray(at + HEADER, at + HEADER + file.readUInt16LE(at + 4));
    if (kind === KIND.full || kind === KIND.first) {
      start = at;
      parts = [];
    }
    parts.push(data);
    if (kind === KIND.full || kind === KIND.last)
      records.push({ record: Buffer.concat(parts), start });
    at += HEADER + data.length;
  }
  return records;
}

function framed(data: Uint8Array, kind: number): Buffer {
  const header = Buffer.alloc(HEADER);
  header.writeUInt32LE(crc32(data, crc32(Buffer.from([kind]))), 0);
  header.writeUInt16LE(data.length, 4);
  header.writeUInt8(kind, 6);
  return Buffer.concat([header, data]);
}

function kindOf(isFirst: boolean, isLast: boolean): number {
  if (isFirst) return isLast ? KIND.full : KIND.first;
  return isLast ? KIND.last : KIND.middle;
}
