import { join } from 'node:path';
import type { Sampler, TokenBatch } from '@grpo/policy';
import type { Datum } from '../types.js';
import { EngineFailure } from './refusal.js';
import { LOSSES, type LossName, type TokenLosses, tokenLosses } from './token-losses.js';
import type { StandInModel, StandInOptions } from './types.js';

/** A datum that waits for the optimizer step, with what gives its slopes. */
interface Pending {
  readonly ids: readonly number[];
  readonly losses: (logProbs: readonly number[]) => TokenLosses;
}

interface Loaded {
  readonly lora: Lora;
  readonly policy: StandInModel;
  /** One for all requests, so that they share passes. */
  readonly sampler: Sampler;
  /** Counts changes of the weights. */
  version: number;
  pending: Pending[];
  /** The weights that were published last, where the server samples from others than it trains. */
  samples?: Loaded;
}

type Lora = Parameters<StandInOptions['createModel']>[0];

/** Weights for samplers: what they were when they were published. */
export interface Published {
  readonly modelId: string;
  readonly folder: string;
  readonly version: number;
  wasSampled: boolean;
}

export interface SampleJob {
  readonly prompt: readonly number[];
  readonly count: number;
  readonly params: Readonly<Record<string, unknown>>;
  readonly wantsPromptLogProbs: boolean;
}

const MIN_WEIGHT = 1e-9;
/** What the recorded server adds where an optimizer step finds no model. */
const MODEL_GONE = ' (likely stale request from previous server)';

/** What the recorded server's engine does, on trainable policies of this process. */
export class Engine {
  readonly #options: Required<StandInOptions>;
  readonly #models = new Map<string, Loaded>();
  #base: Loaded | undefined;
  /** The last version that was given, over all models. */
  #version = 0;

  constructor(options: Required<StandInOptions>) {
    this.#options = options;
  }

  createModel(id: string, rank: number, seed: number): object {
    const { maxRank, maxModels, baseModel } = this.#options;
    if (!(rank >= 1 && rank <= maxRank)) {
      throw new EngineFailure(`LoRA rank ${rank} must be between 1 and ${maxRank}`);
    }
    if (this.#models.size >= maxModels) {
      throw new EngineFailure(`Maximum number of LoRA adapters (${maxModels}) reached`);
    }
    this.#models.set(id, this.#load({ rank, seed }));
    const trained = { train_attn: true, train_mlp: true, train_unembed: false };
    return {
      model_id: id,
      base_model: baseModel,
      lora_config: { rank, alpha: 32, seed, ...trained },
    };
  }

  #load(lora: Lora): Loaded {
    const policy = this.#options.createModel(lora);
    return { lora, policy, sampler: policy.sampler(), version: ++this.#version, pending: [] };
  }

  unload(id: string): object {
    free(this.#loaded(id));
    this.#models.delete(id);
    return { model_id: id, status: 'unloaded', type: 'unload_model' };
  }

  /** Every model is gone, as after a restart. */
  forget(): void {
    for (const model of this.#models.values()) free(model);
    this.#models.clear();
    if (this.#base) free(this.#base);
    this.#base = undefined;
  }

  /** @param adds whether the gradient counts for the next optimizer step */
  async pass(
    id: string,
    data: readonly Datum[],
    lossName: string,
    config: object,
    adds: boolean,
  ): Promise<object> {
    const name = LOSSES.find((one) => one === lossName);
    if (name === undefined) {
      throw new EngineFailure(
        `Loss functions ['${lossName}'] are not supported by the JAX backend`,
      );
    }
    const model = this.#loaded(id);
    const passes = data.map((datum) => this.#read(datum, name, config));
    const known = passes.filter(({ isKnown }) => isKnown);
    const logProbs = known.length > 0 ? await this.#targetLogProbs(model.policy, known) : [];
    if (adds) model.pending.push(...known);
    let row = 0;
    const outputs = passes.map(({ ids, isKnown, losses }) => {
      if (!isKnown) {
        const nothing = {
          data: ids.slice(1).map(() => null),
          dtype: 'float32',
          shape: [ids.length - 1],
        };
        return { elementwise_loss: nothing, logprobs: nothing };
      }
      const own = logProbs[row++];
      return { elementwise_loss: float32(losses(own).values), logprobs: float32(own) };
    });
    return { loss_fn_output_type: 'scalar', loss_fn_outputs: outputs, metrics: {} };
  }

  #read(datum: Datum, name: LossName, config: object): Pending & { readonly isKnown: boolean } {
    const tokens = datum.model_input.chunks.flatMap((chunk) => chunk.tokens);
    const targets = datum.loss_fn_inputs.target_tokens.data;
    const ids = [...tokens, ...targets.slice(-1)];
    if (targets.join() !== ids.slice(1).join()) {
      throw new EngineFailure('The stand-in needs targets that are the tokens moved by one');
    }
    const inputs = Object.fromEntries(
      Object.entries(datum.loss_fn_inputs).map(([key, { data }]) => [key, data]),
    );
    return {
      ids,
      losses: (logProbs) => tokenLosses(name, logProbs, inputs, config as Record<string, number>),
      isKnown: ids.every((id) => id < this.#options.vocabularySize), // NaN of all others
    };
  }

  /** [rows][T_b − 1] */
  async #targetLogProbs(policy: StandInModel, rows: readonly Pending[]): Promise<number[][]> {
    const batch = batchOf(rows.map(({ ids }) => ids));
    const all = Array.from(await policy.logProbs(batch));
    const [, width] = batch.shape;
    return rows.map(({ ids }, b) => all.slice(b * width + 1, b * width + ids.length));
  }

  async optimStep(id: string, adam: Readonly<Record<string, number>>): Promise<object> {
    const model = this.#loaded(id, MODEL_GONE);
    const {
      learning_rate: learningRate = 1e-4,
      beta1 = 0.9,
      beta2 = 0.95,
      eps: epsilon = 1e-12,
    } = adam;
    const { weight_decay: weightDecay = 0, grad_clip_norm: maxGradNorm = 0 } = adam;
    const pending = model.pending;
    model.pending = [];
    let gradNorm = 0;
    if (pending.length > 0) {
      const isSum = this.#options.reduction === 'sum';
      const batch = batchOf(pending.map(({ ids }) => ids));
      const [, width] = batch.shape;
      await model.policy.forwardBackward(batch, (logProbs) => {
        const gradLogProbs = new Float64Array(logProbs.length);
        for (const [b, { ids, losses }] of pending.entries()) {
          const start = b * width + 1;
          const own = Array.from(logProbs.subarray(start, start + ids.length - 1));
          const { slopes, weight } = losses(own);
          const divisor = isSum ? 1 : pending.length * Math.max(weight, MIN_WEIGHT);
          gradLogProbs.set(
            slopes.map((slope) => slope / divisor),
            start,
          );
        }
        return { loss: 0, gradLogProbs };
      });
      const optimizer = { name: 'adamw', beta1, beta2, epsilon, weightDecay } as const;
      const clips = isSum && maxGradNorm > 0;
      const step = { learningRate, optimizer, ...(clips && { maxGradNorm }) };
      gradNorm = (await model.policy.optimStep(step)).gradNorm;
      model.version = ++this.#version;
    }
    return {
      metrics: {
        'skyrl.ai/grad_norm': Math.fround(gradNorm),
        'skyrl.ai/learning_rate': Math.fround(learningRate),
      },
    };
  }

  async save(id: string, folder: string): Promise<void> {
    const { policy } = this.#loaded(id);
    await policy.save(join(folder, 'weights'));
    await policy.save(join(folder, 'with-optimizer'), { optimizer: true });
  }

  async load(id: string, folder: string, optimizer: boolean): Promise<object> {
    const model = this.#loaded(id);
    await model.policy.load(join(folder, optimizer ? 'with-optimizer' : 'weights'));
    model.version = ++this.#version;
    return { type: 'load_weights' };
  }

  async publish(id: string, folder: string): Promise<Published> {
    const model = this.#loaded(id);
    const { policy, version } = model;
    await policy.save(folder);
    if (this.#options.reduction === 'sum') {
      model.samples ??= this.#load(model.lora);
      await model.samples.policy.load(folder);
    }
    return { modelId: id, folder, version, wasSampled: false };
  }

  /** The first sample of published weights puts them into the live model; later ones take what is there. */
  async sample(source: Published | string, job: SampleJob): Promise<object> {
    const { policy, sampler } = await this.#sampledFrom(source);
    const { prompt, count, params, wantsPromptLogProbs } = job;
    const {
      max_tokens: maxTokens,
      temperature = 1,
      top_k: topK = -1,
      top_p: topP = 1,
    } = params as Record<string, number>;
    const seed = Number(params.seed ?? 0);
    const requests = Array.from({ length: count }, (_, i) => ({ ids: prompt, seed: seed + i }));
    const sampled = await sampler.sample(requests, {
      maxTokens,
      temperature,
      topP,
      ...(topK > 0 && { topK }),
      stopIds: (params.stop ?? []) as number[],
    });
    const sequences = [];
    const isAtOne = temperature === 0 || temperature === 1;
    for (const { ids, logProbs: tempered, stopReason } of sampled) {
      const score = async () =>
        Array.from(await policy.logProbs(batchOf([[...prompt, ...ids]]))).slice(prompt.length);
      const logProbs = isAtOne ? tempered : await score(); // told at temperature 1 always
      sequences.push({ stop_reason: stopReason, tokens: ids, logprobs: logProbs.map(Math.fround) });
    }
    const ofPrompt =
      wantsPromptLogProbs && Array.from(await policy.logProbs(batchOf([prompt]))).slice(1);
    return { sequences, prompt_logprobs: ofPrompt || null, topk_prompt_logprobs: null };
  }

  async #sampledFrom(source: Published | string): Promise<Loaded> {
    const { baseModel } = this.#options;
    if (typeof source !== 'string') {
      const model = this.#loaded(source.modelId);
      if (model.samples) return model.samples; // whichever was asked for
      if (!source.wasSampled && model.version !== source.version) {
        await model.policy.load(source.folder);
        model.version = source.version;
      }
      source.wasSampled = true;
      return model;
    }
    if (source !== baseModel) {
      throw new EngineFailure(
        `Engine is configured for '${baseModel}' but request specified '${source}'`,
      );
    }
    this.#base ??= this.#load({ rank: 1, seed: 0 });
    return this.#base;
  }

  #loaded(id: string, words = ''): Loaded {
    const model = this.#models.get(id);
    if (model) return model;
    throw new EngineFailure(`Model ${id} not loaded${words}`);
  }
}

function free({ policy, samples }: Loaded): void {
  policy.dispose();
  samples?.policy.dispose();
}

/** Every token but the first counts. */
function batchOf(sequences: readonly (readonly number[])[]): TokenBatch {
  const width = Math.max(...sequences.map((ids) => ids.length));
  const ids = new Int32Array(sequences.length * width);
  const mask = new Uint8Array(sequences.length * width);
  for (const [b, row] of sequences.entries()) {
    ids.set(row, b * width);
    mask.fill(1, b * width + 1, b * width + row.length);
  }
  const lengths = Int32Array.from(sequences, (row) => row.length);
  return { shape: [sequences.length, width], ids, lengths, mask };
}

function float32(values: readonly number[]) {
  return { data: values.map(Math.fround), dtype: 'float32', shape: [values.length] };
}
