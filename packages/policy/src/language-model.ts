import { join } from 'node:path';
import { keyedRandom } from '@grpo/random';
import type { StoredTensor } from '@grpo/safetensors';
import {
  type AdamWOptions,
  type AdamWState,
  adamWInit,
  adamWStep,
  add,
  dispose,
  gatherRows,
  globalNorm,
  hostLoss,
  matMul,
  type NamedTensors,
  pickLogProbs,
  type Tensor,
  tensor,
  tidy,
  valueAndGradients,
} from '@grpo/tensor';
import { type ModelConfig, parseModelConfig, weightShapes } from './config.js';
import { outputWeight } from './decoder.js';
import { causalLayout, forwardHidden } from './forward.js';
import { type ModelFolder, readModelFolder, writeModelFolder } from './model-folder.js';
import { readOptimizer, writeOptimizer } from './optimizer-file.js';
import { createSampler } from './sampling/sampler.js';
import { checkBatch, lastRows, selectTokens, toTokenBatch } from './token-batch.js';
import type {
  ForwardBackward,
  HiddenStateModel,
  LogProbLoss,
  OptimStep,
  Sampler,
  SamplerOptions,
  TokenBatch,
  TokenStates,
  TrainablePolicy,
} from './types.js';

export interface LanguageModelOptions {
  /** AdamW's settings. Default: weight decay 0. */
  readonly optimizer?: AdamWOptions;
}

const OPTIMIZER_FILE = 'optimizer.safetensors';

/**
 * A causal language model on the tensor engine: scores tokens, learns from a loss on their log-probs, samples.
 * Start a backend with `initBackend` first. Owns its weights: `dispose` frees them.
 */
export class LanguageModel implements TrainablePolicy, HiddenStateModel {
  #weights: Record<string, Tensor>;
  #optimizer: AdamWState | undefined;
  #gradients: Record<string, Tensor> | undefined;
  readonly #folder: Omit<ModelFolder, 'weights'>;
  readonly #options: LanguageModelOptions;

  private constructor(model: ModelFolder, options: LanguageModelOptions) {
    const { weights, ...folder } = model;
    this.#folder = folder;
    this.#options = options;
    this.#weights = toTensors(folder.config, weights);
  }

  /** Opens a Hugging Face model folder, with its optimizer state where the folder holds one. */
  static open(folder: string, options: LanguageModelOptions = {}): LanguageModel {
    const model = new LanguageModel(readModelFolder(folder), options);
    model.#optimizer = readOptimizer(join(folder, OPTIMIZER_FILE), model.#weights);
    return model;
  }

  /**
   * A model with random weights: normal with the standard deviation that the config names, norms at 1, biases at 0.
   *
   * @param configJson the content of a config.json
   * @param textFiles tokenizer files to be saved with the model, by name
   * @param seed the same seed gives the same weights
   */
  static create(
    configJson: Readonly<Record<string, unknown>>,
    textFiles: ReadonlyMap<string, string>,
    seed: number,
    options: LanguageModelOptions = {},
  ): LanguageModel {
    const config = parseModelConfig(configJson, 'the given config');
    const weights = new Map<string, StoredTensor>();
    for (const [name, shape] of weightShapes(config)) {
      const size = shape.reduce((product, length) => product * length, 1);
      const random = keyedRandom(seed, 'weights', name);
      const data =
        shape.length === 1
          ? new Float32Array(size).fill(name.endsWith('.bias') ? 0 : 1)
          : Float32Array.from({ length: size }, () => random.normal() * config.initializerRange);
      weights.set(name, { shape, data });
    }
    return new LanguageModel({ configJson, config, weights, textFiles }, options);
  }

  get config(): ModelConfig {
    return this.#folder.config;
  }

  /** Tokenizer files by name, as they are saved with the model. */
  get textFiles(): ReadonlyMap<string, string> {
    return this.#folder.textFiles;
  }

  /** Number of weights; tied ones count once. */
  get parameterCount(): number {
    return Object.values(this.#weights).reduce((sum, weight) => sum + weight.size, 0);
  }

  async logProbs(batch: TokenBatch): Promise<Float64Array> {
    const { rows, targets, at } = this.#select(batch);
    const scattered = new Float64Array(batch.ids.length);
    if (rows.length === 0) return scattered;
    const picked = tidy(() => this.#logProbsAt(batch, rows, targets)); // [N]
    const values = picked.dataSync();
    picked.dispose();
    for (const [n, position] of at.entries()) scattered[position] = values[n];
    return scattered;
  }

  async hiddenStates(batch: TokenBatch): Promise<TokenStates> {
    const { rows } = this.#select(batch); // [N]
    const width = this.#folder.config.hiddenSize;
    const picked = Int32Array.from([...rows, ...lastRows(batch)]); // [N + B]
    let data = new Float32Array(picked.length * width);
    if (batch.ids.length > 0) {
      const states = tidy(() => gatherRows(this.#hidden(batch), picked)); // [N + B, D]
      data = Float32Array.from(states.dataSync());
      states.dispose();
    }
    const first = rows.length * width;
    return {
      before: { data: data.slice(0, first), shape: [rows.length, width] },
      after: { data: data.slice(first), shape: [batch.shape[0], width] },
    };
  }

  /**
   * Unnormalised log-probs of every token of the vocabulary after each token of one sequence.
   *
   * @param ids [T] at least one token
   * @returns [T, V] row-major
   */
  async logits(ids: readonly number[]): Promise<Float32Array> {
    const mask = ids.map(() => false);
    const batch = toTokenBatch([{ ids, mask }]);
    checkBatch(batch, this.#folder.config);
    const logits = tidy(() => this.#outputLogits(this.#hidden(batch))); // [T, V]
    const values = logits.dataSync() as Float32Array;
    logits.dispose();
    return values;
  }

  async forwardBackward(batch: TokenBatch, loss: LogProbLoss): Promise<ForwardBackward> {
    const { rows, targets, at } = this.#select(batch);
    const logProbs = new Float64Array(batch.ids.length); // [B, T]
    if (rows.length === 0) {
      const { loss: value, metrics = {} } = loss(logProbs);
      return { loss: value, metrics, logProbs };
    }
    let metrics: Readonly<Record<string, number>> = {};
    const { value, gradients } = valueAndGradients(() => {
      const picked = this.#logProbsAt(batch, rows, targets); // [N]
      return hostLoss(picked, (values) => {
        for (const [n, position] of at.entries()) logProbs[position] = values[n];
        const result = loss(logProbs);
        metrics = result.metrics ?? {};
        const gradient = Float64Array.from(at, (position) => result.gradLogProbs[position]);
        return { loss: result.loss, gradient };
      });
    }, this.#weights);
    const [lossValue = Number.NaN] = value.dataSync();
    value.dispose();
    this.#accumulate(gradients);
    return { loss: lossValue, metrics, logProbs };
  }

  async optimStep({ learningRate, maxGradNorm }: OptimStep): Promise<{ gradNorm: number }> {
    if (this.#gradients === undefined) {
      throw new Error('optimStep: needs gradients, got none. Call forwardBackward first.');
    }
    const gradients = this.#gradients;
    const gradNorm = globalNorm(gradients);
    // As torch.nn.utils.clip_grad_norm_: 1e-6 keeps the quotient finite.
    const scale = maxGradNorm === undefined ? 1 : Math.min(1, maxGradNorm / (gradNorm + 1e-6));
    const state = this.#optimizer ?? adamWInit(this.#weights);
    const next = adamWStep(
      this.#weights,
      gradients,
      state,
      learningRate,
      scale,
      this.#options.optimizer,
    );
    dispose([gradients, this.#weights, state.first, state.second]);
    this.#gradients = undefined;
    this.#weights = next.parameters;
    this.#optimizer = next.state;
    return { gradNorm };
  }

  async save(folder: string, { optimizer = false } = {}): Promise<void> {
    const state = this.#optimizer;
    await writeModelFolder(
      folder,
      { ...this.#folder, weights: toStored(this.#weights) },
      async (aside) => {
        if (optimizer && state) await writeOptimizer(join(aside, OPTIMIZER_FILE), state);
      },
    );
  }

  async load(folder: string): Promise<void> {
    const { config, weights } = readModelFolder(folder);
    const loaded = toTensors(config, weights);
    const state = readOptimizer(join(folder, OPTIMIZER_FILE), loaded);
    this.dispose();
    this.#weights = loaded;
    this.#optimizer = state;
  }

  sampler(options: SamplerOptions = {}): Sampler {
    return createSampler(this.#folder.config, () => this.#weights, options);
  }

  /** Frees every tensor that the model holds. */
  dispose(): void {
    dispose([this.#weights, this.#gradients ?? {}]);
    if (this.#optimizer) dispose([this.#optimizer.first, this.#optimizer.second]);
    this.#gradients = undefined;
    this.#optimizer = undefined;
  }

  #select(batch: TokenBatch) {
    checkBatch(batch, this.#folder.config);
    return selectTokens(batch);
  }

  /** [N] log-probs of the targets, from the hidden states at `rows`. */
  #logProbsAt(batch: TokenBatch, rows: Int32Array, targets: Int32Array): Tensor {
    const picked = gatherRows(this.#hidden(batch), rows); // [N, D]
    return pickLogProbs(this.#outputLogits(picked), targets, batch.temperature);
  }

  #hidden({ ids, shape: [sequences, tokens] }: TokenBatch): Tensor {
    const layout = causalLayout(ids, sequences, tokens);
    return forwardHidden(this.#folder.config, this.#weights, layout); // [B·T, D]
  }

  #outputLogits(hidden: Tensor): Tensor {
    const output = this.#weights[outputWeight(this.#folder.config)] as Tensor; // [V, D]
    return matMul(hidden, output, false, true); // [N, V]
  }

  #accumulate(gradients: Record<string, Tensor>): void {
    const held = this.#gradients;
    if (held === undefined) {
      this.#gradients = gradients;
      return;
    }
    this.#gradients = Object.fromEntries(
      Object.entries(gradients).map(([name, g]) => [name, add(held[name] as Tensor, g)]),
    );
    dispose([held, gradients]);
  }
}

/** Float32 tensors of the weights that the config asks for; others in the file are left out. */
function toTensors(
  config: ModelConfig,
  weights: ReadonlyMap<string, StoredTensor>,
): Record<string, Tensor> {
  const tensors: Record<string, Tensor> = {};
  for (const [name, shape] of weightShapes(config)) {
    const stored = weights.get(name);
    if (stored) tensors[name] = tensor(stored.data, [...shape]);
  }
  return tensors;
}

function toStored(weights: NamedTensors): Map<string, StoredTensor> {
  return new Map(
    Object.entries(weights).map(([name, weight]) => [
      name,
      { shape: weight.shape, data: weight.dataSync() as Float32Array },
    ]),
  );
}
