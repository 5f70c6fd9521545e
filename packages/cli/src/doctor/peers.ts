import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** A library that a package of ours can do without. */
export interface Peer {
  readonly name: string;
  /** The package that uses it. */
  readonly usedBy: string;
  readonly wanted: string;
  /** The version that is installed, if any. */
  readonly found: string | undefined;
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

/**
 * The optional peers of a package and of those of ours that it stands on, and which of them are there.
 *
 * @param manifest the path of its package.json
 */
export function optionalPeers(manifest: string): Peer[] {
  const peers = new Map<string, Peer>();
  const seen = new Set<string>();
  const visit = (path: string) => {
    if (seen.has(path)) return;
    seen.add(path);
    const own = JSON.parse(readFileSync(path, 'utf8')) as Manifest;
    for (const [name, wanted] of Object.entries(own.peerDependencies ?? {})) {
      if (own.peerDependenciesMeta?.[name]?.optional !== true) continue;
      const found = manifestOf(name, path);
      const version = found && (JSON.parse(readFileSync(found, 'utf8')) as Manifest).version;
      peers.set(name, { name, usedBy: own.name, wanted, found: version });
    }
    for (const name of Object.keys(own.dependencies ?? {})) {
      if (!name.startsWith('@grpo/')) continue;
      const found = manifestOf(name, path);
      if (found !== undefined) visit(found);
    }
  };
  visit(manifest);
  return [...peers.values()].sort((a, b) => a.name.localeCompare(b.name));
}

/** The package.json of a package as a module in the folder of `from` would find it; not all packages export theirs. */
function manifestOf(name: string, from: string): string | undefined {
  const places = createRequire(from).resolve.paths(name) ?? [dirname(from)];
  return places.map((place) => join(place, name, 'package.json')).find((path) => existsSync(path));
}
