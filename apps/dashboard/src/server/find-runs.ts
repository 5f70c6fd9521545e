import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
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
  const roots = folders.map((folder) => resolve(folder));
  const found = roots.filter(isFolder).flatMap((root) => runsBelow(root, 0));
  const shared = found.length > 0 ? sharedFolder(roots) : '';
  return [...new Set(found)].map((folder) => ({
    id: relative(shared, folder).split(sep).join('/') || basename(folder),
    folder,
  }));
}

/** The folder that holds all of some; one alone holds itself. Names below it tell every run from every other. */
function sharedFolder(folders: readonly string[]): string {
  return folders.reduce((shared, folder) => {
    let holder = shared;
    while (relative(holder, folder).split(sep)[0] === '..') holder = dirname(holder);
    return holder;
  });
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
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
