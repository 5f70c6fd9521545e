import { extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createJiti } from 'jiti';

const TYPESCRIPT = ['.ts', '.mts', '.cts'];

/**
 * Imports a module of JavaScript or TypeScript; Node 20 reads the latter through jiti, without a build.
 *
 * @returns what it exports
 */
export async function loadModule(path: string): Promise<Readonly<Record<string, unknown>>> {
  const file = resolve(path);
  if (!TYPESCRIPT.includes(extname(file))) return import(pathToFileURL(file).href);
  // No cache on disk: a config file is small, and node_modules may be read-only.
  return createJiti(pathToFileURL(file).href, { fsCache: false }).import(file);
}
