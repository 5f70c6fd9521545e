import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

export interface Asset {
  readonly type: string;
  readonly body: string;
}

const { resolve } = createRequire(import.meta.url);
const HTML = 'text/html; charset=utf-8';
const CSS = 'text/css; charset=utf-8';
const SCRIPT = 'text/javascript; charset=utf-8';
/** A module of the page: its name can hold nothing that leads elsewhere. */
const MODULE = /^\/app\/((?:page\/[a-z-]+)|types)\.js$/;

interface File {
  readonly type: string;
  readonly place: () => string;
}

const own = (name: string, type: string): File => ({
  type,
  place: () => ownFile(`../../public/${name}`),
});
const library = (name: string, type: string): File => ({ type, place: () => resolve(name) });
const SHEETS = ['frame', 'curves', 'episodes', 'records', 'narrow'];
const FILES: ReadonlyMap<string, File> = new Map(
  Object.entries({
    '/': own('index.html', HTML),
    '/icon.svg': own('icon.svg', 'image/svg+xml'),
    ...Object.fromEntries(SHEETS.map((name) => [`/${name}.css`, own(`${name}.css`, CSS)])),
    '/uplot.css': library('uplot/dist/uPlot.min.css', CSS),
    '/app/vendor/uplot.js': library('uplot/dist/uPlot.esm.js', SCRIPT),
  }),
);

const scripts = new Map<string, string>();

/** A file of the page, or undefined: paths are names in a closed list, never places on the disk. */
export async function assetAt(path: string): Promise<Asset | undefined> {
  const file = FILES.get(path);
  if (file !== undefined) return { type: file.type, body: readFileSync(file.place(), 'utf8') };
  const name = MODULE.exec(path)?.[1];
  const body = name === undefined ? undefined : await moduleNamed(name);
  return body === undefined ? undefined : { type: SCRIPT, body };
}

/** The compiled module; where this server runs from its sources, the source with its types taken off. */
async function moduleNamed(name: string): Promise<string | undefined> {
  const compiled = ownFile(`../${name}.js`);
  if (existsSync(compiled))
    return readFileSync(compiled, 'utf8').replace(/\/\/# sourceMappingURL=.*\n?$/, '');
  const source = ownFile(`../${name}.ts`);
  if (!existsSync(source)) return undefined;
  const known = scripts.get(name);
  if (known !== undefined) return known;
  const { default: typescript } = await import('typescript');
  const { outputText } = typescript.transpileModule(readFileSync(source, 'utf8'), {
    compilerOptions: {
      target: typescript.ScriptTarget.ES2022,
      module: typescript.ModuleKind.ES2022,
      verbatimModuleSyntax: true,
    },
  });
  scripts.set(name, outputText);
  return outputText;
}

function ownFile(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}
