import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  openSafetensors,
  openShards,
  type SafetensorsReader,
  type StoredTensor,
  writeSafetensors,
} from '@grpo/safetensors';
import { type ModelConfig, parseModelConfig, weightShapes } from './config.js';

/** A model in memory, as a Hugging Face folder holds it. */
export interface ModelFolder {
  /** config.json as it was read; written back unchanged. */
  readonly configJson: Readonly<Record<string, unknown>>;
  readonly config: ModelConfig;
  readonly weights: ReadonlyMap<string, StoredTensor>;
  /** Tokenizer and generation files by name, kept as text and written back unchanged. */
  readonly textFiles: ReadonlyMap<string, string>;
}

const TEXT_FILES = [
  'tokenizer.json',
  'tokenizer_config.json',
  'chat_template.jinja',
  'generation_config.json',
  'special_tokens_map.json',
];

/**
 * Reads a Hugging Face model folder: config.json, model.safetensors or its shards, and the tokenizer's files where present.
 *
 * @throws if a file is missing or damaged, or a weight is missing or has the wrong shape; the message names it
 */
export function readModelFolder(folder: string): ModelFolder {
  const configPath = join(folder, 'config.json');
  const configJson = readJson(configPath);
  const config = parseModelConfig(configJson, configPath);
  const file = join(folder, 'model.safetensors');
  const index = `${file}.index.json`;
  const inShards = !existsSync(file) && existsSync(index); // in this order, as transformers looks for them
  const reader = inShards ? openShards(index) : openSafetensors(file);
  try {
    checkWeights(config, reader); // before any weight is read
    const weights = new Map(
      [...weightShapes(config).keys()].map((name) => [name, reader.read(name)]),
    );
    return { configJson, config, weights, textFiles: readTextFiles(folder) };
  } finally {
    reader.close();
  }
}

/** Writes a model folder whole or not at all: it is made beside its place and then renamed. */
export async function writeModelFolder(
  folder: string,
  model: ModelFolder,
  extra: (folder: string) => Promise<void> = async () => {},
): Promise<void> {
  const aside = `${folder}.writing`;
  const replaced = `${folder}.replaced`;
  await rm(aside, { recursive: true, force: true });
  await mkdir(aside, { recursive: true });
  try {
    const configText = `${JSON.stringify(model.configJson, null, 2)}\n`;
    await writeFile(join(aside, 'config.json'), configText, { flush: true });
    for (const [name, text] of model.textFiles) {
      await writeFile(join(aside, name), text, { flush: true });
    }
    await writeSafetensors(join(aside, 'model.safetensors'), model.weights, { format: 'pt' });
    await extra(aside);
    await rm(replaced, { recursive: true, force: true });
    if (existsSync(folder)) await rename(folder, replaced);
    await rename(aside, folder);
    await rm(replaced, { recursive: true, force: true });
  } catch (error) {
    await rm(aside, { recursive: true, force: true });
    throw error;
  }
}

function readJson(path: string): Record<string, unknown> {
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

function readTextFiles(folder: string): Map<string, string> {
  const present = TEXT_FILES.filter((name) => existsSync(join(folder, name)));
  return new Map(present.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}

function checkWeights(config: ModelConfig, { entries, path }: SafetensorsReader): void {
  for (const [name, shape] of weightShapes(config)) {
    const stored = entries.get(name);
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
  }
}
