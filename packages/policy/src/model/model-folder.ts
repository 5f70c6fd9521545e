import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type FloatType,
  type LazyTensor,
  openSafetensors,
  openShards,
  type SafetensorsReader,
  writeShards,
} from '@grpo/safetensors';
import { type ModelConfig, parseModelConfig, weightShapes } from '../architectures/config.js';
import { architectureOf } from '../architectures/registry.js';
import { readTextFiles, writeTextFiles } from '../chat/text-files.js';
import { currentFolder, replaceFolder } from './replace-folder.js';

/** A model as a Hugging Face folder holds it. */
export interface ModelFolder {
  /** config.json as it was read; written back unchanged but for the type of the weights. */
  readonly configJson: Readonly<Record<string, unknown>>;
  readonly config: ModelConfig;
  /** Every weight of the config by name, read when its turn comes. */
  readonly weights: ReadonlyMap<string, LazyTensor>;
  /** Tokenizer and generation files by name, kept as text and written back unchanged. */
  readonly textFiles: ReadonlyMap<string, string>;
}

/** How weights are stored. */
export interface WeightOptions {
  /** Default float32. */
  readonly dtype?: 'float32' | 'float16' | 'bfloat16';
  /** Most bytes of weights in one file. Default 5e9. */
  readonly maxShardSize?: number;
}

const FLOAT_TYPES = { float32: 'F32', float16: 'F16', bfloat16: 'BF16' } as const satisfies Record<
  string,
  FloatType
>;

/**
 * Opens a Hugging Face model folder: config.json, model.safetensors or its shards, and the tokenizer's files where
 * present. Names and shapes of all weights are checked before one is read.
 *
 * @param use is given the model; its weights can be read until it returns
 * @throws if a file is missing or damaged, or a weight is missing or has the wrong shape; the message names it
 */
export function withModelFolder<T>(folder: string, use: (model: ModelFolder) => T): T {
  const place = currentFolder(folder);
  const configPath = join(place, 'config.json');
  const configJson = readJson(configPath);
  const config = parseModelConfig(configJson, configPath);
  const file = join(place, 'model.safetensors');
  const index = `${file}.index.json`;
  const inShards = !existsSync(file) && existsSync(index); // in this order, as transformers looks for them
  const reader = inShards ? openShards(index) : openSafetensors(file);
  try {
    return use({
      configJson,
      config,
      weights: checkedWeights(config, reader),
      textFiles: readTextFiles(place),
    });
  } finally {
    reader.close();
  }
}

/** Writes a model folder whole or not at all. */
export async function writeModelFolder(
  folder: string,
  model: ModelFolder,
  { dtype = 'float32', maxShardSize }: WeightOptions = {},
  extra: (folder: string) => Promise<void> = async () => {},
): Promise<void> {
  const type = FLOAT_TYPES[dtype];
  if (type === undefined) {
    throw new Error(
      `save: needs a dtype of ${Object.keys(FLOAT_TYPES).join(', ')}, got "${dtype}".`,
    );
  }
  await replaceFolder(folder, async (aside) => {
    const configText = `${JSON.stringify(withType(model.configJson, dtype), null, 2)}\n`;
    await writeFile(join(aside, 'config.json'), configText, { flush: true });
    await writeTextFiles(aside, model.textFiles);
    await writeShards(aside, model.weights, {
      dtype: type,
      metadata: { format: 'pt' },
      ...(maxShardSize === undefined ? {} : { maxShardSize }),
    });
    await extra(aside);
  });
}

/** @throws if there is no such file or it is not JSON; the message names it */
export function readJson(path: string): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(
      `readModelFolder: needs ${path}, got ${(error as Error).message}. Point to a Hugging Face model folder.`,
    );
  }
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch (error) {
    throw new Error(
      `readModelFolder: needs JSON in ${path}, got ${(error as Error).message}. The file is damaged: copy it again.`,
    );
  }
}

/** The config with the type that its weights are stored in, under the name that it uses for it. */
function withType(configJson: ModelFolder['configJson'], dtype: string): Record<string, unknown> {
  const names = ['dtype', 'torch_dtype'].filter((name) => name in configJson);
  const named = names.length === 0 && dtype !== 'float32' ? ['dtype'] : names;
  return { ...configJson, ...Object.fromEntries(named.map((name) => [name, dtype])) };
}

/** Every weight of the config; the file of a bare decoder lacks what names begin with in that of a whole model. */
function checkedWeights(
  config: ModelConfig,
  { entries, path, read }: SafetensorsReader,
): Map<string, LazyTensor> {
  const { prefix } = architectureOf(config.modelType, path);
  const weights = new Map<string, LazyTensor>();
  for (const [name, shape] of weightShapes(config)) {
    const bare = name.startsWith(prefix) ? name.slice(prefix.length) : name;
    const storedName = entries.has(name) ? name : bare;
    const stored = entries.get(storedName);
    if (stored === undefined) {
      throw new Error(
        `readModelFolder: needs the tensor "${name}", got none in ${path}. The file does not hold the model that config.json describes.`,
      );
    }
    if (stored.shape.join() !== shape.join()) {
      throw new Error(
        `readModelFolder: needs the shape [${shape.join(', ')}] for "${name}", got [${stored.shape.join(', ')}] in ${path}. The file does not hold the model that config.json describes.`,
      );
    }
    weights.set(name, { shape, read: () => read(storedName).data });
  }
  return weights;
}
