import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import type { Levels } from './levels.js';
import { type Import, type Scan, scan } from './scan.js';

/** Every file of the repository that a person wrote: path from the root, with `/`, to text. */
export type Files = ReadonlyMap<string, string>;

export type Dependencies = Readonly<Record<string, string>>;

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly dependencies?: Dependencies;
  readonly devDependencies?: Dependencies;
  readonly peerDependencies?: Dependencies;
  readonly [field: string]: unknown;
}

/** One TypeScript file under `src`. */
export interface Source extends Scan {
  readonly path: string;
  readonly isTest: boolean;
}

/** A folder of `packages` or `apps`. */
export interface Package {
  /** `packages/value`, `apps/example` */
  readonly folder: string;
  /** `value` */
  readonly id: string;
  readonly manifest: Manifest;
  readonly sources: readonly Source[];
}

/** What the checks look at. */
export interface Repo {
  readonly files: Files;
  /** All that is published: the folders of `packages`, and apps that are not private. */
  readonly packages: readonly Package[];
  /** Apps that stay here. */
  readonly apps: readonly Package[];
  readonly levels: Levels;
}

const SCOPE = '@grpo/';
const WRITTEN = /(?:\.(?:ts|tsx|mts|mjs|js|json|md|svg|webp|yml|yaml)|^LICENSE)$/;
const NOT_OURS = new Set(['node_modules', 'dist', 'coverage', 'runs', 'fixtures', 'api', '.git']);

/** Reads the files of a repository from disk. */
export function readFiles(root: string): Files {
  const files = new Map<string, string>();
  function walk(folder: string): void {
    for (const entry of readdirSync(posix.join(root, folder), { withFileTypes: true })) {
      const path = posix.join(folder, entry.name);
      if (entry.isDirectory() && !NOT_OURS.has(entry.name) && entry.name !== '.turbo') walk(path);
      else if (entry.isFile() && WRITTEN.test(entry.name))
        files.set(path, readFileSync(posix.join(root, path), 'utf8'));
    }
  }
  walk('');
  return files;
}

/** Describes a repository, on disk or made up. */
export function describeRepo(files: Files, levels: Levels): Repo {
  const apps = foldersOf('apps', files);
  const isPrivate = ({ manifest }: Package) => manifest.private === true;
  return {
    files,
    packages: [...foldersOf('packages', files), ...apps.filter((app) => !isPrivate(app))],
    apps: apps.filter(isPrivate),
    levels,
  };
}

function foldersOf(parent: string, files: Files): Package[] {
  return [...files].flatMap(([path, text]) => {
    const [top, id, name] = path.split('/');
    if (top !== parent || id === undefined || name !== 'package.json') return [];
    const folder = `${parent}/${id}`;
    return [{ folder, id, manifest: JSON.parse(text), sources: sourcesOf(folder, files) }];
  });
}

function sourcesOf(folder: string, files: Files): Source[] {
  return [...files]
    .filter(([path]) => path.startsWith(`${folder}/src/`) && /\.m?tsx?$/.test(path))
    .map(([path, text]) => ({ path, isTest: /\.test\.tsx?$/.test(path), ...scan(path, text) }));
}

/** `value` for `@grpo/value` and `@grpo/value/testing`; undefined for all else. */
export function packageId(specifier: string): string | undefined {
  return specifier.startsWith(SCOPE) ? specifier.slice(SCOPE.length).split('/')[0] : undefined;
}

/** The npm package of a bare specifier: `@a/b` for `@a/b/c`; undefined for a path or a Node module. */
export function npmPackage(specifier: string): string | undefined {
  if (/^(?:[./#]|node:)/.test(specifier)) return undefined;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** The file that a relative import names, or undefined where it names none. */
export function importedFile(
  from: string,
  { specifier }: Import,
  files: Files,
): string | undefined {
  if (!specifier.startsWith('.')) return undefined;
  const path = posix.join(posix.dirname(from), specifier);
  return [path.replace(/js$/, 'ts'), path.replace(/js$/, 'tsx'), path].find((p) => files.has(p));
}
