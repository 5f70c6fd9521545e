import { join } from 'node:path';
import { keyedRandom } from '@grpo/random';
import {
  dispose,
  globalNorm,
  hostLoss,
  keep,
  type NamedTensors,
  optimizerInit,
  requireBfloat16,
  simdKernels,
  type Tensor,
  tidy,
  valueAndGradients,
} from '@grpo/tensor';
import { type ModelConfig, parseModelConfig } from '../architectures/config.js';
import { randomWeights } from '../architectures/random-weights.js';
import type { EngineConfig } from '../engine/engine-config.js';
import type { TrainingPass } from '../engine/forward.js';
import {
  frozenModel,
  logProbsOf,
  NETWORK,
  networkOf,
  sequenceLogits,
  tokenStatesOf,
} from '../engine/frozen-model.js';
import { hostWeightsOf } from '../engine/host-weights.js';
import { type Network, referenceOutput, statisticsOf } from '../engine/network.js';
import { checkBatch, selectTokens } from '../engine/token-batch.js';
import { createTokenLoss } from '../engine/token-loss.js';
import { type TokenTrace, traceFor } from '../engine/token-trace.js';
import {
  accumulateGradients,
  mixWeights,
  type OwnTensors,
  updateWeights,
} from '../engine/update-weights.js';
import { countOf, toLazy, toTensors } from '../engine/weight-tensors.js';
import {
  placesOf,
  readAdapterConfig,
  readAdapterWeights,
  writeAdapterFolder,
} from '../lora/adapter-folder.js';
import { adapterScale, createAdapters, type LoraOptions } from '../lora/lora.js';
import { mergedWeights } from '../lora/merge-adapters.js';
import { createSampler } from '../sampling/sampler.js';
import type {
  ForwardBackward,
  HiddenStateModel,
  HostWeights,
  LogProbLoss,
  LogProbModel,
  MovingModel,
  OptimStep,
  OptimStepResult,
  Sampler,
  SamplerOptions,
  StatisticsRequest,
  TokenBatch,
  TokenStates,
  TrainablePolicy,
  WeightSource,
} from '../types.js';
import type { LanguageModelOptions, SaveOptions } from './language-model-options.js';
import { type ModelFolder, withModelFolder, writeModelFolder } from './model-folder.js';
import { readOptimizer, type SavedOptimizer, writeOptimizer } from './optimizer-file.js';

const OPTIMIZER_FILE = 'optimizer.safetensors';

/**
 * A causal language model on the tensor engine: scores tokens, learns from a loss on their log-probs, samples.
 * Start a backend with `initBackend` first. Owns its weights: `dispose` frees them.
 */
export class LanguageModel implements TrainablePolicy, HiddenStateModel, MovingModel, WeightSource {
  /** Weights without gradient: the base of adapters. */
  #frozen: OwnTensors = {};
  #trained: OwnTensors = {};
  /** All of them; a new object whenever one changes. */
  #weights: NamedTensors = {};
  #optimizer: SavedOptimizer | undefined;
  #gradients: OwnTensors | undefined;
  #config: EngineConfig;
  #lora: LoraOptions | undefined;
  /** What the samplers computed of tokens under these weights. */
  readonly #trace: TokenTrace | undefined;
  /** Passes since the last optimizer step. */
  #passes = 0;
  readonly #folder: Omit<ModelFolder, 'weights'>;
  readonly #options: LanguageModelOptions;
  readonly #baseFolder: string | undefined;
  readonly #hostWeights = hostWeightsOf();

  private constructor(
    { weights, ...folder }: ModelFolder,
    options: LanguageModelOptions,
    baseFolder?: string,
    adapter?: { readonly folder: string; readonly lora: LoraOptions },
  ) {
    const { precision = 'float32', lora = adapter?.lora } = options;
    if (precision === 'bfloat16') requireBfloat16();
    this.#folder = folder;
    this.#options = options;
    this.#baseFolder = baseFolder;
    this.#lora = lora;
    this.#trace = traceFor(folder.config, options, lora?.dropout);
    this.#config = {
      ...folder.config,
      precision,
      ...(lora && { adapterScale: adapterScale(lora) }),
    };
    const adapters =
      lora && adapter
        ? readAdapterWeights(adapter.folder, folder.config, lora)
        : lora && createAdapters(folder.config, lora);
    try {
      const base = toTensors(weights);
      this.#hold(adapters ? base : {}, adapters ?? base);
    } catch (error) {
      dispose(adapters ?? {});
      throw error;
    }
  }

  /**
   * Opens a Hugging Face model folder, with its optimizer state where the folder holds one. A folder of PEFT opens
   * the base model that it names and its adapter.
   */
  static open(folder: string, options: LanguageModelOptions = {}): LanguageModel {
    const { base, adapter } = placesOf(folder, options);
    const model = withModelFolder(base, (read) => new LanguageModel(read, options, base, adapter));
    model.#readOptimizer(adapter?.folder ?? folder);
    return model;
  }

  /**
   * A model with random weights, as `randomWeights` draws them.
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
    const weights = randomWeights(config, seed);
    return new LanguageModel({ configJson, config, weights, textFiles }, options);
  }

  get config(): ModelConfig {
    return this.#folder.config;
  }

  /** Tokenizer files by name, as they are saved with the model. */
  get textFiles(): ReadonlyMap<string, string> {
    return this.#folder.textFiles;
  }

  /** Number of weights, adapters among them; tied ones count once. */
  get parameterCount(): number {
    return countOf(this.#weights);
  }

  /** Number of weights that learn: all of them, or those of the adapters. */
  get trainedParameterCount(): number {
    return countOf(this.#trained);
  }

  /** @internal */
  [NETWORK](): Network {
    return { config: this.#config, weights: this.#weights };
  }

  async logProbs(batch: TokenBatch): Promise<Float64Array> {
    return logProbsOf(this[NETWORK](), batch);
  }

  async hiddenStates(batch: TokenBatch): Promise<TokenStates> {
    return tokenStatesOf(this[NETWORK](), batch);
  }

  /**
   * Unnormalised log-probs of every token of the vocabulary after each token of one sequence.
   *
   * @param ids [T] at least one token
   * @returns [T, V] row-major
   */
  async logits(ids: readonly number[]): Promise<Float32Array> {
    return sequenceLogits(this[NETWORK](), ids);
  }

  async forwardBackward(
    batch: TokenBatch,
    loss: LogProbLoss,
    request: StatisticsRequest = {},
  ): Promise<ForwardBackward> {
    checkBatch(batch, this.#config);
    const selected = selectTokens(batch);
    const { entropies = false, distributionKl } = request;
    const { onRows, result } = createTokenLoss(loss, request, selected.at, batch.ids.length);
    if (selected.rows.length === 0) {
      onRows(new Float64Array());
      return result();
    }
    const frozen = distributionKl && networkOf(distributionKl, this.#config.vocabularySize);
    const reference = frozen && tidy(() => ({ ...referenceOutput(frozen, batch, selected.rows) }));
    const constants: Tensor[] = [];
    try {
      const training = this.#trainingPass(constants);
      const { value, gradients } = valueAndGradients(() => {
        const options = { entropies, reference, training };
        return hostLoss(statisticsOf(this[NETWORK](), batch, selected, options), onRows); // []
      }, this.#trained);
      value.dispose();
      this.#gradients ??= {};
      accumulateGradients(this.#gradients, gradients);
    } finally {
      dispose(constants);
      reference?.hidden.dispose();
    }
    return result();
  }

  async optimStep({
    learningRate,
    maxGradNorm,
    optimizer: choice = this.#options.optimizer ?? { name: 'adamw' },
  }: OptimStep): Promise<OptimStepResult> {
    if (this.#gradients === undefined) {
      throw new Error('optimStep: needs gradients, got none. Call forwardBackward first.');
    }
    const { name } = choice;
    if (this.#optimizer && this.#optimizer.name !== name) {
      throw new Error(
        `optimStep: needs ${this.#optimizer.name}, the optimizer of the steps before, got ${name}. Keep it, or open the model without its optimizer state.`,
      );
    }
    const gradients = this.#gradients;
    const gradNorm = globalNorm(gradients);
    this.#gradients = undefined;
    this.#passes = 0;
    if (!Number.isFinite(gradNorm)) {
      dispose(gradients);
      return { gradNorm, skipped: true };
    }
    // As torch.nn.utils.clip_grad_norm_: 1e-6 keeps the quotient finite.
    const scale = maxGradNorm === undefined ? 1 : Math.min(1, maxGradNorm / (gradNorm + 1e-6));
    const state = this.#optimizer?.state ?? optimizerInit(name, this.#trained);
    const next = updateWeights(this.#trained, gradients, state, learningRate, scale, choice);
    this.#hold(this.#frozen, next.weights);
    this.#optimizer = { name, state: next.state };
    return { gradNorm };
  }

  discardGradients(): void {
    dispose(this.#gradients ?? {});
    this.#gradients = undefined;
    this.#passes = 0;
  }

  async follow(policy: TrainablePolicy, alpha: number): Promise<void> {
    if (!(policy instanceof LanguageModel)) {
      throw new Error('follow: needs a LanguageModel, got another kind of policy. Sync by hand.');
    }
    this.#hold(this.#frozen, mixWeights(this.#trained, policy.#weights, alpha));
  }

  /**
   * The model as it was before its adapters, with the weights that they stand on: no second copy.
   *
   * @throws if there are no adapters
   */
  reference(): LogProbModel {
    this.#needLora('reference');
    return frozenModel(() => {
      this.#needLora('reference');
      return { config: this.#config, weights: this.#frozen };
    });
  }

  /**
   * Folds the adapters into the weights, which all learn from then on; the optimizer starts anew.
   *
   * @throws if there are no adapters
   */
  merge(): void {
    const lora = this.#needLora('merge');
    const merged = { ...this.#frozen };
    for (const [name, compute] of mergedWeights(this[NETWORK](), lora)) {
      merged[name] = compute();
      dispose(this.#frozen[name] as Tensor);
    }
    dispose(this.#trained);
    this.#clearOptimizer();
    this.#lora = undefined;
    const { adapterScale: _, ...config } = this.#config;
    this.#config = config;
    this.#hold({}, merged);
  }

  /** Writes the model folder, or with adapters a folder of PEFT; `merged` writes a whole model of both. */
  async save(folder: string, options: SaveOptions = {}): Promise<void> {
    const { optimizer = false, merged = false } = options;
    const state = this.#optimizer;
    const extra = async (aside: string) => {
      if (optimizer && state) await writeOptimizer(join(aside, OPTIMIZER_FILE), state);
    };
    const lora = merged ? this.#needLora('save({ merged })') : this.#lora;
    if (lora && !merged) {
      const { config, textFiles } = this.#folder;
      const content = { lora, adapters: this.#trained, config, textFiles };
      await writeAdapterFolder(folder, { ...content, baseModel: this.#baseFolder }, extra);
      return;
    }
    const changed = lora && mergedWeights(this[NETWORK](), lora);
    const base = lora ? this.#frozen : this.#trained;
    const weights = toLazy(base, changed);
    const model = { ...this.#folder, weights };
    await writeModelFolder(folder, model, options, merged ? undefined : extra);
  }

  async load(folder: string): Promise<void> {
    const lora = this.#lora;
    const trained = lora
      ? readAdapterWeights(folder, this.#config, { ...lora, ...readAdapterConfig(folder).lora })
      : withModelFolder(folder, ({ weights }) => toTensors(weights));
    this.#clearOptimizer();
    dispose(this.#trained);
    this.#hold(this.#frozen, trained);
    this.#readOptimizer(folder);
  }

  sampler(options: SamplerOptions = {}): Sampler {
    return createSampler(this.#config, () => this.#weights, options, this.#trace);
  }

  /** Whether it is on the simd backend, on whose kernels its sampler decodes. */
  get hasFastSampler(): boolean {
    return simdKernels() !== undefined;
  }

  hostWeights(): HostWeights {
    return this.#hostWeights(this.#weights, this.#config.adapterScale ?? 1);
  }

  /** Frees every tensor that the model holds. */
  dispose(): void {
    this.#trace?.dispose();
    dispose([this.#frozen, this.#trained]);
    this.#clearOptimizer();
  }

  #hold(frozen: OwnTensors, trained: OwnTensors): void {
    this.#frozen = frozen;
    this.#trained = trained;
    this.#weights = { ...frozen, ...trained };
    this.#trace?.clear();
  }

  #clearOptimizer(): void {
    this.discardGradients();
    if (this.#optimizer) dispose([this.#optimizer.state.first, this.#optimizer.state.second]);
    this.#optimizer = undefined;
  }

  #readOptimizer(folder: string): void {
    this.#optimizer = readOptimizer(join(folder, OPTIMIZER_FILE), this.#trained);
  }

  /** @param constants gets what the caller disposes of after the backward pass */
  #trainingPass(constants: Tensor[]): TrainingPass {
    const { dropout: rate = 0, seed = 0 } = this.#lora ?? {};
    const pass = [this.#optimizer?.state.step ?? 0, this.#passes++];
    const seedOf = (module: string) =>
      Math.floor(keyedRandom(seed, 'dropout', ...pass, module).next() * 2 ** 32);
    return {
      trained: this.#trained,
      checkpointing: this.#options.gradientCheckpointing ?? false,
      trace: this.#trace,
      hold: (constant) => {
        constants.push(keep(constant));
        return constant;
      },
      ...(rate > 0 && { dropout: { rate, seedOf } }),
    };
  }

  #needLora(caller: string): LoraOptions {
    if (this.#lora) return this.#lora;
    throw new Error(
      `${caller}: needs a model with adapters, got one without. Open it with { lora } or { adapter }; for a reference of a model that trains all its weights, open the folder a second time.`,
    );
  }
}
