/** What stands inside the files. Each function returns one sentence per violation. */
import { posix } from 'node:path';
import type { Repo } from '../repo.js';

export function mathsIsDeterministic({ packages, levels }: Repo): string[] {
  return packages
    .filter(({ id }) => levels[id]?.isMaths)
    .flatMap(({ sources }) =>
      sources
        .filter(({ isTest }) => !isTest)
        .flatMap(({ path, draws }) =>
          draws.map(
            ({ what, line }) =>
              `${path}:${line} uses ${what}. Take the value or a seeded generator as an argument.`,
          ),
        ),
    );
}

const MAX_LINES = 400;

export function filesAreShort({ files }: Repo): string[] {
  return [...files]
    .filter(([path]) => /\.m?[jt]sx?$/.test(path))
    .map(([path, text]) => ({ path, lines: text.trimEnd().split('\n').length }))
    .filter(({ lines }) => lines > MAX_LINES)
    .map(({ path, lines }) => `${path} has ${lines} lines; split it, at most ${MAX_LINES}.`);
}

/** Links to pages made by a build (docs/api) are not looked up. */
export function linksLeadSomewhere({ files }: Repo): string[] {
  const paths = [...files.keys()];
  const folders = new Set(paths.flatMap(ancestors));
  return [...files]
    .filter(([path]) => path.endsWith('.md'))
    .flatMap(([path, text]) =>
      [...withoutCode(text).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
        .map(([, target = '']) => target)
        .filter((target) => !/^(?:[a-z]+:|\/)/.test(target))
        .map((target) => ({ target, to: posix.join(posix.dirname(path), target) }))
        .filter(({ to }) => !to.startsWith('docs/api'))
        .filter(({ to }) => !files.has(to) && !folders.has(to.replace(/\/$/, '')))
        .map(({ target }) => `${path} links to ${target}, which is not there.`),
    );
}

function ancestors(path: string): string[] {
  const folder = posix.dirname(path);
  return folder === '.' ? ['.'] : [folder, ...ancestors(folder)];
}

function withoutCode(markdown: string): string {
  return markdown.replace(/```.*?```/gs, '').replace(/`[^`\n]*`/g, '');
}
