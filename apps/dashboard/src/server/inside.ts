import { realpathSync } from 'node:fs';
import { sep } from 'node:path';

/** Whether a path is there and lies in a folder once every link is followed. */
export function isInside(folder: string, path: string): boolean {
  try {
    return realpathSync(path).startsWith(`${realpathSync(folder)}${sep}`);
  } catch {
    return false;
  }
}
