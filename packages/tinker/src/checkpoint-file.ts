import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { objectOf, textOf } from './protocol/fields.js';
import { messageOf } from './transport/tinker-error.js';

/** Says where on a server a checkpoint is: the weights never come here. */
export interface CheckpointFile {
  /** `tinker://<model>/weights/<name>`. */
  readonly path: string;
  readonly baseModel: string;
  readonly rank: number;
  /** Whether a resume takes the optimizer up as well. */
  readonly optimizer: boolean;
}

/** The one file of a checkpoint's folder: its weights are on the server. */
export const CHECKPOINT_FILE = 'tinker.json';
const VERSION = 1;

export async function writeCheckpointFile(folder: string, file: CheckpointFile): Promise<void> {
  await mkdir(folder, { recursive: true });
  const text = `${JSON.stringify({ version: VERSION, ...file }, null, 2)}\n`;
  await writeFile(join(folder, CHECKPOINT_FILE), text, { flush: true });
}

/** @throws where the folder holds no such file, or one of another version or of other fields */
export async function readCheckpointFile(folder: string): Promise<CheckpointFile> {
  const place = join(folder, CHECKPOINT_FILE);
  try {
    const json = objectOf(JSON.parse(await readFile(place, 'utf8')), 'a file');
    const { version, rank, optimizer } = json;
    if (version !== VERSION) throw new Error(`needs version ${VERSION}, got ${String(version)}`);
    if (typeof rank !== 'number' || typeof optimizer !== 'boolean') {
      throw new Error('needs a number as rank and true or false as optimizer, got others');
    }
    const path = textOf(json, 'path');
    assertWeightsPath(path);
    return { path, baseModel: textOf(json, 'baseModel'), rank, optimizer };
  } catch (error) {
    throw new Error(
      `load: needs the ${CHECKPOINT_FILE} that save wrote, got ${place}: ${messageOf(error)}. Choose another checkpoint.`,
    );
  }
}

export function assertWeightsPath(path: string): void {
  if (/^tinker:\/\/[^/]+\/weights\/[\w-]+$/.test(path)) return;
  throw new Error(
    `load: needs a path such as tinker://MODEL/weights/NAME, got ${JSON.stringify(path)}`,
  );
}
