import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join, relative, resolve, sep } from 'node:path';
import { runFiles } from '@grpo/trainer';

/** A run's name in the page and in links, and where it lies. */
export interface FoundRun {
  readonly id: string;
  readonly folder: string;
}

/** How far below a given folder runs are looked for: `runs/demo/grpo` lies two below `runs`. */
const MAX_DEPTH = 3;
const NO_RUNS_IN = new Set(['node_modules', 'checkpoints']);

/**
 * The runs in some folders: a folder is a run, or holds runs. Links are not followed. A folder that is not there holds
 * none yet.
 */
export function findRuns(folders: readonly string[]): FoundRun[] {
  const taken = new Set<string>();
  return folders.flatMap((given) => {
    const root = resolve(given);
    if (!statSync(root, { throwIfNoEntry: false })?.isDirectory()) return [];
    return runsBelow(root, 0).map((folder) => {
      const name = relative(root, folder).split(sep).join('/') || basename(root);
      let id = name;
      for (let n = 2; taken.has(id); n++) id = `${name}~${n}`;
      taken.add(id);
      return { id, folder };
    });
  });
}

function runsBelow(folder: string, depth: number): string[] {
  const { metrics, run } = runFiles(folder);
  if (existsSync(metrics) || existsSync(run)) return [folder];
  if (depth === MAX_DEPTH) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .filter(({ name }) => !name.startsWith('.') && !NO_RUNS_IN.has(name))
    .map(({ name }) => name)
    .sort()
    .flatMap((name) => runsBelow(join(folder, name), depth + 1));
}
