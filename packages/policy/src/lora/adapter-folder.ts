import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type LazyTensor, openSafetensors, writeSafetensors } from '@grpo/safetensors';
import { type NamedTensors, type Tensor, tensor } from '@grpo/tensor';
import type { ModelConfig } from '../architectures/architecture.js';
import { writeTextFiles } from '../chat/text-files.js';
import { readJson } from '../model/model-folder.js';
import { currentFolder, replaceFolder } from '../model/replace-folder.js';
import { adapterNames, checkLora, type LoraOptions, targetedModules } from './lora.js';

/** A folder of PEFT: adapter_config.json and adapter_model.safetensors. */
export interface AdapterFolder {
  readonly lora: LoraOptions;
  /** The folder or name of the model that the adapter is for, if the file tells. */
  readonly baseModel: string | undefined;
  /** adapter_config.json as it was read. */
  readonly configJson: Readonly<Record<string, unknown>>;
}

const CONFIG_FILE = 'adapter_config.json';
const WEIGHTS_FILE = 'adapter_model.safetensors';
/** How PEFT wraps a causal language model: its names begin with this in the file. */
const WRAPPER = 'base_model.model.';

/** Parts of PEFT that change what an adapter computes and are not supported, with the value that leaves them out. */
const MUST_BE: Readonly<Record<string, unknown>> = {
  bias: 'none',
  use_dora: false,
  lora_bias: false,
  rank_pattern: {},
  alpha_pattern: {},
  modules_to_save: null,
  layers_to_transform: null,
  layer_replication: null,
  exclude_modules: null,
  target_parameters: null,
  trainable_token_indices: null,
  use_qalora: false,
  use_bdlora: null,
  alora_invocation_tokens: null,
  arrow_config: null,
  kasa_config: null,
  monteclora_config: null,
  velora_config: null,
};

/** Starts of PEFT that leave the base model's weights as they are; the others store changed ones. */
const PLAIN_STARTS: readonly unknown[] = [undefined, null, true, false, 'gaussian', 'orthogonal'];

/** Whether a folder holds an adapter of PEFT. */
export function isAdapterFolder(folder: string): boolean {
  return existsSync(join(currentFolder(folder), CONFIG_FILE));
}

/**
 * Reads adapter_config.json.
 *
 * @throws if it is not LoRA or uses a part of PEFT that is not supported; the message names it
 */
export function readAdapterConfig(folder: string): AdapterFolder {
  const path = join(currentFolder(folder), CONFIG_FILE);
  const json = readJson(path);
  const fail = (need: string, name: string): never => {
    throw new Error(
      `readAdapterConfig: needs ${need} for "${name}", got ${JSON.stringify(json[name])} (${path}). Merge the adapter in PEFT and open the merged model.`,
    );
  };
  if (json.peft_type !== 'LORA') fail('"LORA"', 'peft_type');
  for (const [name, value] of Object.entries(MUST_BE)) {
    const isLeftOut = (json[name] ?? null) === null || isEmpty(json[name]) || json[name] === value;
    if (!isLeftOut) fail(JSON.stringify(value), name);
  }
  if (!PLAIN_STARTS.includes(json.init_lora_weights)) fail('true or false', 'init_lora_weights');
  const targets = json.target_modules;
  const isList = Array.isArray(targets) && targets.every((target) => typeof target === 'string');
  if (!isList && targets !== 'all-linear') {
    fail('a list of names or "all-linear"', 'target_modules');
  }
  const { r, lora_alpha: alpha, lora_dropout: rate = 0 } = json;
  if (typeof r !== 'number') fail('a number', 'r');
  if (typeof alpha !== 'number') fail('a number', 'lora_alpha');
  const lora = {
    rank: Number(r),
    alpha: Number(alpha),
    dropout: Number(rate),
    targetModules: targets as LoraOptions['targetModules'],
    useRslora: json.use_rslora === true,
  };
  checkLora(lora);
  const base = json.base_model_name_or_path;
  return { lora, baseModel: typeof base === 'string' ? base : undefined, configJson: json };
}

/**
 * Where a model that is opened has its base and its adapter.
 *
 * @param folder of a model, or of an adapter that names its base
 * @throws if both an adapter and the settings of a new one are given
 */
export function placesOf(
  folder: string,
  { adapter, lora }: { readonly adapter?: string; readonly lora?: LoraOptions },
): { base: string; adapter: { folder: string; lora: LoraOptions } | undefined } {
  const isAdapter = isAdapterFolder(folder) && !existsSync(join(folder, 'config.json'));
  const place = adapter ?? (isAdapter ? folder : undefined);
  if (place === undefined) return { base: folder, adapter: undefined };
  if (lora !== undefined) {
    throw new Error(
      `LanguageModel.open: needs either lora or an adapter, got both (${place}). The adapter's folder says its rank and targets.`,
    );
  }
  const read = readAdapterConfig(place);
  const base = isAdapter ? baseFolderOf(read, folder) : folder;
  return { base, adapter: { folder: place, lora: read.lora } };
}

/**
 * Where the base model of an adapter is.
 *
 * @throws if the adapter names none that is here
 */
function baseFolderOf({ baseModel }: AdapterFolder, folder: string): string {
  if (baseModel !== undefined && existsSync(baseModel)) return baseModel;
  throw new Error(
    `LanguageModel.open: needs the base model of the adapter, got ${JSON.stringify(baseModel)} in ${join(folder, 'adapter_config.json')}, which is no folder here. Open the base model's folder with { adapter: ${JSON.stringify(folder)} }.`,
  );
}

/**
 * Reads the adapter's weights.
 *
 * @returns by the names that `adapterNames` gives
 * @throws if one is missing, has the wrong shape, or belongs to no targeted module; the message names it
 */
export function readAdapterWeights(
  folder: string,
  config: ModelConfig,
  { rank, targetModules }: LoraOptions,
): Record<string, Tensor> {
  const file = openSafetensors(join(currentFolder(folder), WEIGHTS_FILE));
  try {
    const shapes = new Map<string, readonly number[]>();
    for (const { name, inputs, outputs } of targetedModules(config, targetModules)) {
      const { a, b } = adapterNames(name);
      shapes.set(a, [rank, inputs]).set(b, [outputs, rank]);
    }
    for (const [name, shape] of shapes) {
      const stored = file.entries.get(WRAPPER + name);
      if (stored?.shape.join() === shape.join()) continue;
      throw new Error(
        `readAdapterWeights: needs "${WRAPPER}${name}" with shape [${shape.join(', ')}], got ${stored ? `[${stored.shape.join(', ')}]` : 'none'} in ${file.path}. The adapter belongs to another model.`,
      );
    }
    const foreign = [...file.entries.keys()].find(
      (name) => !shapes.has(name.slice(WRAPPER.length)),
    );
    if (foreign !== undefined) {
      throw new Error(
        `readAdapterWeights: needs adapters of the targeted modules alone, got "${foreign}" in ${file.path}. The adapter belongs to another model, or its adapter_config.json to another adapter.`,
      );
    }
    return Object.fromEntries(
      [...shapes].map(([name, shape]) => [
        name,
        tensor(file.read(WRAPPER + name).data, [...shape]),
      ]),
    );
  } finally {
    file.close();
  }
}

/** What `writeAdapterFolder` writes. */
export interface AdapterContent {
  readonly lora: LoraOptions;
  /** By the names that `adapterNames` gives. */
  readonly adapters: NamedTensors;
  readonly config: ModelConfig;
  readonly baseModel: string | undefined;
  /** Tokenizer files by name. */
  readonly textFiles: ReadonlyMap<string, string>;
}

/** Writes a folder that PEFT opens, whole or not at all. */
export async function writeAdapterFolder(
  folder: string,
  { lora, adapters, config, baseModel, textFiles }: AdapterContent,
  extra: (folder: string) => Promise<void> = async () => {},
): Promise<void> {
  const weights = new Map<string, LazyTensor>();
  for (const [name, weight] of Object.entries(adapters)) {
    const read = () => weight.dataSync() as Float32Array;
    weights.set(WRAPPER + name, { shape: weight.shape, read });
  }
  await replaceFolder(folder, async (aside) => {
    const json = JSON.stringify(adapterConfig(lora, config, baseModel), null, 2);
    await writeFile(join(aside, CONFIG_FILE), `${json}\n`, { flush: true });
    await writeTextFiles(aside, textFiles);
    await writeSafetensors(join(aside, WEIGHTS_FILE), weights, { format: 'pt' });
    await extra(aside);
  });
}

function adapterConfig(
  { rank, alpha, dropout = 0, targetModules, useRslora = false }: LoraOptions,
  config: ModelConfig,
  baseModel: string | undefined,
): Record<string, unknown> {
  const modules = targetedModules(config, targetModules);
  const lastParts = [...new Set(modules.map(({ name }) => name.split('.').at(-1)))];
  return {
    base_model_name_or_path: baseModel ?? null,
    bias: 'none',
    fan_in_fan_out: modules.some(({ stored }) => stored === 'in-out'),
    inference_mode: true,
    init_lora_weights: true,
    lora_alpha: alpha,
    lora_dropout: dropout,
    peft_type: 'LORA',
    r: rank,
    target_modules: targetModules === 'all-linear' ? lastParts : targetModules,
    task_type: 'CAUSAL_LM',
    use_dora: false,
    use_rslora: useRslora,
  };
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}
