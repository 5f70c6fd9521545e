import { readFileSync } from 'node:fs';

/** Reads the bytes of a file, without a byte order mark. */
function readBytes(reader: string, path: string): Buffer {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new Error(`${reader}: needs a readable file, got ${message}. Check the path.`);
  }
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return hasMark ? bytes.subarray(3) : bytes;
}

/** Reads a whole file as UTF-8 text, without a byte order mark. */
export function readText(reader: string, path: string): string {
  const text = decodeUtf8(readBytes(reader, path));
  if (text !== undefined) return text;
  throw new Error(`${reader}: needs UTF-8 text, got other bytes in ${path}. Save it as UTF-8.`);
}

/** The text of some bytes, or undefined if they are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
