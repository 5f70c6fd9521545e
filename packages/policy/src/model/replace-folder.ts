import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';

const ASIDE = '.writing';
const BEFORE = '.replaced';

/**
 * Writes a folder whole or not at all: it is made beside its place, and then takes it. A process that is killed at
 * any moment leaves the old folder or the new one; between the two renames the old one stands as `FOLDER.replaced`,
 * where `currentFolder` finds it and the next call puts it back.
 *
 * @param write fills the folder that it is given
 */
export async function replaceFolder(
  folder: string,
  write: (aside: string) => Promise<void>,
): Promise<void> {
  const [aside, before] = [folder + ASIDE, folder + BEFORE];
  if (!existsSync(folder) && existsSync(before)) await rename(before, folder);
  await rm(aside, { recursive: true, force: true });
  await mkdir(aside, { recursive: true });
  try {
    await write(aside);
    await rm(before, { recursive: true, force: true });
    if (existsSync(folder)) await rename(folder, before);
    await rename(aside, folder);
    await rm(before, { recursive: true, force: true });
  } catch (error) {
    await rm(aside, { recursive: true, force: true });
    throw error;
  }
}

/** Where a folder's content is: in its place, or beside it after a process was killed as it replaced it. */
export function currentFolder(folder: string): string {
  return !existsSync(folder) && existsSync(folder + BEFORE) ? folder + BEFORE : folder;
}
