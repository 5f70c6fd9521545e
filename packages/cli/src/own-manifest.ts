import { readFileSync } from 'node:fs';

/** What of this package's package.json is used. */
export interface OwnManifest {
  readonly version: string;
  readonly engines: { readonly node: string };
}

/** The package.json of this package. */
export function ownManifest(): OwnManifest {
  return JSON.parse(
    readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
  ) as OwnManifest;
}
