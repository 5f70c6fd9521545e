import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SinkStateLost } from './sink-failure.js';

/**
 * Writes bytes at the end of a file, where its end is known: what stands after it, from a write that was never
 * acknowledged, is cut off first. So a write that is repeated leaves one copy.
 *
 * @param length bytes of the file that count; 0 makes the file
 * @returns the new length
 * @throws SinkStateLost where the file is shorter, or gone
 */
export async function appendAt(path: string, bytes: Uint8Array, length: number): Promise<number> {
  if (length === 0) await mkdir(dirname(path), { recursive: true });
  const file = await open(path, length === 0 ? 'w' : 'r+').catch((error) => {
    if (error.code === 'ENOENT') throw lost(path);
    throw error;
  });
  try {
    const { size } = await file.stat();
    if (size < length) throw lost(path);
    if (size > length) await file.truncate(length);
    for (let written = 0; written < bytes.length; ) {
      const left = bytes.length - written;
      written += (await file.write(bytes, written, left, length + written)).bytesWritten;
    }
  } finally {
    await file.close();
  }
  return length + bytes.length;
}

function lost(path: string): SinkStateLost {
  return new SinkStateLost(`appendAt: needs ${path} as it was written, and it was cut or removed.`);
}
