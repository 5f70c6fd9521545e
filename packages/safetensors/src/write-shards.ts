import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { byteSize } from './header.js';
import { writeSafetensors } from './safetensors.js';
import type { LazyTensor, StoredTensor, WriteShardsOptions } from './types.js';

const DEFAULT_SHARD_SIZE = 5e9; // bytes, as transformers' max_shard_size

type Tensors = ReadonlyMap<string, StoredTensor | LazyTensor>;

/**
 * Writes a model's weights as transformers names them: one `model.safetensors`, or, where they pass `maxShardSize`,
 * `model-00001-of-0000N.safetensors` and so on with a `model.safetensors.index.json`. Tensors keep their order.
 *
 * @param folder exists; files of these names in it are replaced
 * @throws as `writeSafetensors`
 */
export async function writeShards(
  folder: string,
  tensors: ReadonlyMap<string, StoredTensor | LazyTensor>,
  { dtype = 'F32', maxShardSize = DEFAULT_SHARD_SIZE, metadata = {} }: WriteShardsOptions = {},
): Promise<void> {
  if (!(maxShardSize > 0)) {
    throw new Error(`writeShards: needs maxShardSize above 0 bytes, got ${maxShardSize}.`);
  }
  const sizes = new Map(
    [...tensors].map(([name, { shape }]) => [name, byteSize({ dtype, shape })]),
  );
  const shards = splitBySize(tensors, sizes, maxShardSize);
  if (shards.length <= 1) {
    await writeSafetensors(join(folder, 'model.safetensors'), tensors, metadata, { dtype });
    return;
  }
  const weightMap: [name: string, file: string][] = [];
  for (const [i, shard] of shards.entries()) {
    const file = `model-${number(i + 1)}-of-${number(shards.length)}.safetensors`;
    await writeSafetensors(join(folder, file), shard, metadata, { dtype });
    for (const name of shard.keys()) weightMap.push([name, file]);
  }
  const totalSize = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  const index = {
    metadata: { total_size: totalSize },
    weight_map: Object.fromEntries(weightMap.sort(([a], [b]) => (a < b ? -1 : 1))),
  };
  const handle = await open(join(folder, 'model.safetensors.index.json'), 'w');
  try {
    await handle.writeFile(`${JSON.stringify(index, null, 2)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const number = (count: number) => String(count).padStart(5, '0');

function splitBySize(tensors: Tensors, sizes: ReadonlyMap<string, number>, most: number) {
  const shards: Map<string, StoredTensor | LazyTensor>[] = [];
  let filled = Number.POSITIVE_INFINITY;
  for (const [name, tensor] of tensors) {
    const size = sizes.get(name) ?? 0;
    if (filled + size > most) {
      shards.push(new Map());
      filled = 0;
    }
    shards.at(-1)?.set(name, tensor);
    filled += size;
  }
  return shards;
}
