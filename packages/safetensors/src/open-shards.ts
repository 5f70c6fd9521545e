import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { openSafetensors } from './open-safetensors.js';
import type { SafetensorsReader, TensorEntry } from './types.js';

/**
 * Opens the shards that a `model.safetensors.index.json` names, as one reader. Every header is checked
 * before anything is allocated; tensors of a shard that the index does not name are there as well.
 *
 * @throws if the index is damaged, a shard is missing or damaged, a tensor is not in the shard that the index
 *   names, or two shards hold it; the message names the file and the tensor
 */
export function openShards(indexPath: string): SafetensorsReader {
  const places = readIndex(indexPath);
  const shards = new Map<string, SafetensorsReader>();
  const close = () => {
    for (const shard of shards.values()) shard.close();
  };
  try {
    const entries = new Map<string, TensorEntry>();
    const owners = new Map<string, string>();
    for (const [tensor, file] of places) {
      if (shards.has(file)) continue;
      const shard = openShard(join(dirname(indexPath), file), tensor, indexPath);
      shards.set(file, shard);
      for (const [name, entry] of shard.entries) {
        const other = owners.get(name);
        if (other !== undefined) throw wrong(indexPath, `"${name}" in ${other} and in ${file}`);
        owners.set(name, file);
        entries.set(name, entry);
      }
    }
    for (const [name, file] of places) {
      if (owners.get(name) !== file) throw wrong(indexPath, `no "${name}" in ${file}`);
    }
    const metadata = Object.assign({}, ...[...shards.values()].map((shard) => shard.metadata));
    const read = (name: string) => {
      const shard = shards.get(owners.get(name) ?? '');
      if (shard === undefined) throw wrong(indexPath, `read("${name}"), which no shard holds`);
      return shard.read(name);
    };
    return { path: indexPath, metadata, entries, read, close };
  } catch (error) {
    close();
    throw error;
  }
}

function readIndex(path: string): [tensor: string, file: string][] {
  let places: [string, unknown][];
  try {
    const index = JSON.parse(readFileSync(path, 'utf8')) as { weight_map: object };
    places = Object.entries(index.weight_map);
  } catch (error) {
    throw wrong(path, `no index with a weight_map (${(error as Error).message})`);
  }
  return places.map(([tensor, file]) => {
    // A path out of the folder would let a downloaded index read any file.
    if (typeof file !== 'string' || file === '' || basename(file) !== file) {
      throw wrong(path, `${JSON.stringify(file)} as the file of "${tensor}"`);
    }
    return [tensor, file];
  });
}

function openShard(path: string, tensor: string, indexPath: string): SafetensorsReader {
  try {
    return openSafetensors(path);
  } catch (error) {
    throw wrong(indexPath, `no shard for "${tensor}": ${(error as Error).message}`);
  }
}

function wrong(path: string, what: string): Error {
  return new Error(
    `openShards: needs an index and its shards as they were saved, got ${what} (${path}). Copy the model's files again.`,
  );
}
