import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { runFiles } from '@grpo/trainer';
import { isInside } from './inside.js';

/** The folders of a run's checkpoints that hold a tokenizer, the newest first. */
export function tokenizerFolders(folder: string): string[] {
  const { checkpoints } = runFiles(folder);
  if (!existsSync(checkpoints)) return [];
  return readdirSync(checkpoints)
    .filter((name) => /^step-\d+$/.test(name))
    .sort()
    .reverse()
    .map((name) => join(checkpoints, name, 'policy'))
    .filter((policy) => isInside(folder, join(policy, 'tokenizer.json')));
}
