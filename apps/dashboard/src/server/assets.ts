import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

export interface Asset {
  readonly type: string;
  readonly body: string;
}

interface File {
  readonly type: string;
  readonly path: () => string;
}

const { resolve } = createRequire(import.meta.url);
const CSS = 'text/css; charset=utf-8';
const SCRIPT = 'text/javascript; charset=utf-8';
/** A compiled module of the page: its name can hold nothing that leads elsewhere. */
const MODULE = /^\/((?:page\/[a-z-]+|types)\.js)$/;
const SHEETS = ['frame', 'curves', 'episodes', 'records', 'narrow'];

/** Beside dist and src alike: the page's own files are published as they stand in src, its modules as they are built. */
const own = (name: string) => place(`../../src/page/${name}`);
const FILES: ReadonlyMap<string, File> = new Map([
  ['/', { type: 'text/html; charset=utf-8', path: () => own('index.html') }],
  ['/icon.svg', { type: 'image/svg+xml', path: () => own('icon.svg') }],
  ...SHEETS.map((name): [string, File] => [
    `/${name}.css`,
    { type: CSS, path: () => own(`${name}.css`) },
  ]),
  ['/uplot.css', { type: CSS, path: () => resolve('uplot/dist/uPlot.min.css') }],
  ['/page/uplot.js', { type: SCRIPT, path: () => resolve('uplot/dist/uPlot.esm.js') }],
]);

/** A file of the page, or undefined: paths are names in a closed list, never places on the disk. */
export function assetAt(path: string): Asset | undefined {
  const file = FILES.get(path);
  if (file !== undefined) return { type: file.type, body: readFileSync(file.path(), 'utf8') };
  const name = MODULE.exec(path)?.[1];
  if (name === undefined) return undefined;
  const module = place(`../../dist/${name}`);
  return existsSync(module)
    ? { type: SCRIPT, body: readFileSync(module, 'utf8').replace(SOURCE_MAP, '') }
    : undefined;
}

/** Source maps are not served. */
const SOURCE_MAP = /\/\/# sourceMappingURL=.*\n?$/;

function place(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}
