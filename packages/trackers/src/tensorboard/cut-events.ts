import { open } from 'node:fs/promises';

/** Length [8] and its checksum [4]. */
const HEADER = 12;
const CHECKSUM = 4;
/** An event begins with its time [1 + 8] and its step [1 + at most 10], where it has one. */
const OPENING = 20;
const STEP_AT = 9;
const STEP_KEY = 0x10;

/**
 * Cuts a file of ours before its first event after a step. Some readers do not heed that a later file voids what they
 * read in this one.
 */
export async function cutEvents(path: string, step: number): Promise<void> {
  const file = await open(path, 'r+');
  try {
    const { size } = await file.stat();
    const bytes = Buffer.alloc(HEADER + OPENING);
    for (let at = 0; at < size; ) {
      await file.read(bytes, 0, bytes.length, at);
      if (stepOf(bytes.subarray(HEADER)) > step) {
        await file.truncate(at);
        return;
      }
      at += HEADER + Number(bytes.readBigUInt64LE()) + CHECKSUM;
    }
  } finally {
    await file.close();
  }
}

function stepOf(event: Uint8Array): number {
  if (event[STEP_AT] !== STEP_KEY) return 0;
  let step = 0;
  for (let at = STEP_AT + 1, scale = 1; at < event.length; at++, scale *= 128) {
    step += (event[at] % 128) * scale;
    if (event[at] < 128) break;
  }
  return step;
}
