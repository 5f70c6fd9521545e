import { setImmediate as nextTurn } from 'node:timers/promises';
import { keyedRandom } from '@grpo/random';
import {
  type AdamWOptions,
  type AdamWState,
  adamWInit,
  adamWStep,
  add,
  dispose,
  globalNorm,
  hostLoss,
  type NamedTensors,
  type Tensor,
  tidy,
  valueAndGradients,
} from '@grpo/tensor';
import { checkNumbers } from './check-numbers.js';
import { minibatches, split } from './minibatches.js';
import { fromStored, toStored, withoutPrefix, withPrefix } from './stored-tensors.js';
import type {
  Backbone,
  ValueFunction,
  ValueHeadConfig,
  ValueHeadWeights,
  ValueTargets,
  ValueUpdate,
  ValueUpdateOptions,
} from './types.js';
import { type UnitLayout, unitLayout } from './unit-layout.js';
import { type StepReport, updateMetrics } from './update-metrics.js';
import { readValueFile, writeValueFile } from './value-file.js';
import { applyValueHead, type HeadDropout, headDropout, initValueHead } from './value-head.js';
import { valueLoss } from './value-loss.js';

/** Sizes and settings of a `ValueModel`. */
export interface ValueModelOptions {
  /** Makes the head's first weights, its dropout and the order of the minibatches. */
  readonly seed: number;
  /** Inner width and dropout of the head. */
  readonly head?: Omit<ValueHeadConfig, 'width'>;
  /** The backbone's weights, which then learn with the head; the model takes them over. Default: none. */
  readonly backboneWeights?: NamedTensors;
  /** AdamW's settings. Default: weight decay 0. */
  readonly optimizer?: AdamWOptions;
  /** Updates until `isWarm`. Default 0. */
  readonly warmUpUpdates?: number;
}

const HEAD = 'head.';
const BACKBONE = 'backbone.';

/**
 * A value head on a backbone, on the tensor engine, with its own AdamW.
 * Start a backend with `initBackend` first. Owns its weights: `dispose` frees them.
 * One call of `update`, `save` or `load` at a time.
 */
export class ValueModel<States> implements ValueFunction<States> {
  readonly #backbone: Backbone<States>;
  readonly #options: ValueModelOptions;
  readonly #head: ValueHeadConfig;
  /** The head's weights as `head.…`, the backbone's as `backbone.…`. */
  #weights: NamedTensors;
  #optimizer: AdamWState | undefined;
  #updates = 0;
  #underWay: string | undefined;

  constructor(backbone: Backbone<States>, options: ValueModelOptions) {
    this.#backbone = backbone;
    this.#options = options;
    this.#head = { ...options.head, width: backbone.width };
    this.#weights = {
      ...withPrefix(HEAD, initValueHead(this.#head, options.seed)),
      ...withPrefix(BACKBONE, options.backboneWeights ?? {}),
    };
  }

  /** Updates that came to their end, those before a save and load included. */
  get updates(): number {
    return this.#updates;
  }

  /**
   * Whether `warmUpUpdates` updates have been made. Until then leave the policy as it is: a value function
   * that knows nothing would give it wrong advantages (Yuan et al. 2025, https://arxiv.org/abs/2503.01491).
   */
  get isWarm(): boolean {
    return this.#updates >= (this.#options.warmUpUpdates ?? 0);
  }

  /** @throws if a value is not finite */
  async values(states: States): Promise<Float64Array> {
    const output = tidy(() => this.#forward(states)); // [N]
    const values = Float64Array.from(output.dataSync());
    output.dispose();
    checkNumbers('values', values.length, { values });
    return values;
  }

  /**
   * Minimises `valueLoss` over epochs and minibatches in a keyed random order. Every minibatch is one step of
   * AdamW on the mean over its values, whatever the microbatches; other work of the process runs in between.
   *
   * @param states [N]
   * @param targets returns [N] and rollout-time values [N]; both stay the same through all epochs
   * @returns the metrics of `updateMetrics`
   * @throws if lengths differ, a number or a gradient is not finite, or another call is under way. Steps before
   *   the failing one stay; the failing one changes nothing
   */
  async update(
    states: States,
    targets: ValueTargets,
    options: ValueUpdateOptions,
  ): Promise<ValueUpdate> {
    return this.#alone('update', async () => {
      const sizes = this.#backbone.sizes(states); // [units]
      const layout = unitLayout(sizes);
      checkNumbers('update', layout.count([...sizes.keys()]), { ...targets });
      checkOptions(options);
      const { epochs = 1, minibatchSize = Math.max(1, layout.units) } = options;
      const reports: StepReport[] = [];
      for (let epoch = 0; epoch < epochs; epoch++) {
        const random = keyedRandom(this.#options.seed, 'value minibatches', this.#step);
        for (const units of minibatches(layout.units, minibatchSize, random)) {
          if (layout.count(units) === 0) continue;
          reports.push(this.#optimizerStep(states, targets, layout, units, options));
          await nextTurn();
        }
      }
      this.#updates += 1;
      return { metrics: updateMetrics(reports, targets) };
    });
  }

  /** Writes weights, moments and counters to `FOLDER/value.safetensors`, with a checksum, whole or not at all. */
  async save(folder: string): Promise<void> {
    await this.#alone('save', () => {
      const { first = {}, second = {}, step = 0 } = this.#optimizer ?? {};
      const tensors = new Map([
        ...toStored('weights.', this.#weights),
        ...toStored('first.', first),
        ...toStored('second.', second),
      ]);
      return writeValueFile(folder, { tensors, counters: { step, updates: this.#updates } });
    });
  }

  /**
   * Takes the place of what `save` wrote. With the same options and backend, what follows is what would have
   * followed the save, bit for bit.
   *
   * @throws if the file is missing or damaged, or belongs to a model of other shapes; nothing has changed then
   */
  async load(folder: string): Promise<void> {
    await this.#alone('load', async () => {
      const { tensors, counters } = readValueFile(folder);
      const read = (prefix: string) => fromStored(prefix, this.#weights, tensors, folder);
      const weights = read('weights.');
      const { step, updates } = counters;
      const state = step > 0 ? { step, first: read('first.'), second: read('second.') } : undefined;
      this.dispose();
      this.#weights = weights;
      this.#optimizer = state;
      this.#updates = updates;
    });
  }

  /** Frees every tensor that the model holds. */
  dispose(): void {
    dispose({ ...this.#weights });
    if (this.#optimizer) dispose([this.#optimizer.first, this.#optimizer.second]);
    this.#optimizer = undefined;
  }

  /** Optimizer steps so far. */
  get #step(): number {
    return this.#optimizer?.step ?? 0;
  }

  #forward(states: States, dropout?: HeadDropout): Tensor {
    const hidden = this.#backbone.hidden(states, withoutPrefix(BACKBONE, this.#weights)); // [N, D]
    const head = withoutPrefix(HEAD, this.#weights) as ValueHeadWeights;
    return applyValueHead(hidden, head, this.#head, dropout ? { dropout } : {}); // [N]
  }

  #optimizerStep(
    states: States,
    targets: ValueTargets,
    layout: UnitLayout,
    units: readonly number[],
    { learningRate, microbatchSize = units.length, clipRange, maxGradNorm = 1 }: ValueUpdateOptions,
  ): StepReport {
    const count = layout.count(units);
    const lossOptions = { count, ...(clipRange !== undefined && { clipRange }) };
    const dropout = headDropout(this.#options.seed, this.#step);
    let gradients: Record<string, Tensor> = {};
    let [loss, clipped] = [0, 0];
    try {
      for (const part of split(units, microbatchSize)) {
        if (layout.count(part) === 0) continue;
        const returns = layout.pick(targets.returns, part); // [n]
        const oldValues = layout.pick(targets.oldValues, part); // [n]
        const result = valueAndGradients(() => {
          const values = this.#forward(this.#backbone.select(states, part), dropout); // [n]
          return hostLoss(values, (numbers) => {
            const partial = valueLoss(numbers, { returns, oldValues }, lossOptions);
            loss += partial.loss;
            clipped += partial.clipped;
            // An error thrown on the tape would leave its tensors behind; it comes after, below.
            return Number.isFinite(partial.loss) ? partial : { loss: 0, gradient: numbers.fill(0) };
          });
        }, this.#weights);
        result.value.dispose();
        gradients = summed(gradients, result.gradients);
      }
      if (!Number.isFinite(loss)) {
        throw new Error(
          `update: needs a finite loss, got ${loss}. Look for hidden states or returns that are not numbers or far too large.`,
        );
      }
      const gradNorm = globalNorm(gradients);
      this.#applyGradients(gradients, gradNorm, learningRate, maxGradNorm);
      return { count, loss, clipped, gradNorm };
    } finally {
      dispose(gradients);
    }
  }

  #applyGradients(
    gradients: NamedTensors,
    gradNorm: number,
    learningRate: number,
    maxGradNorm: number,
  ): void {
    if (!Number.isFinite(gradNorm)) {
      throw new Error(
        `update: needs a finite gradient, got the norm ${gradNorm}. Lower the learning rate, or look for returns that are far too large.`,
      );
    }
    // As torch.nn.utils.clip_grad_norm_: 1e-6 keeps the quotient finite.
    const scale = Math.min(1, maxGradNorm / (gradNorm + 1e-6));
    const state = this.#optimizer ?? adamWInit(this.#weights);
    const { optimizer } = this.#options;
    const next = adamWStep(this.#weights, gradients, state, learningRate, scale, optimizer);
    dispose([{ ...this.#weights }, { ...state.first }, { ...state.second }]);
    this.#weights = next.parameters;
    this.#optimizer = next.state;
  }

  async #alone<Result>(name: string, run: () => Promise<Result>): Promise<Result> {
    if (this.#underWay !== undefined) {
      throw new Error(
        `${name}: needs the value function to itself, got a call while ${this.#underWay} is under way. Await the call before.`,
      );
    }
    this.#underWay = name;
    try {
      return await run();
    } finally {
      this.#underWay = undefined;
    }
  }
}

function checkOptions({
  learningRate,
  epochs = 1,
  clipRange = Number.POSITIVE_INFINITY,
  maxGradNorm = 1,
}: ValueUpdateOptions): void {
  if (!(Number.isFinite(learningRate) && learningRate >= 0)) {
    throw new Error(
      `update: learningRate needs a number from 0 on, got ${learningRate}. 1e-4 is usual for a head, 1e-5 with its backbone.`,
    );
  }
  if (!(Number.isInteger(epochs) && epochs > 0)) {
    throw new Error(`update: epochs needs a positive integer, got ${epochs}. 1 to 5 is usual.`);
  }
  if (!(clipRange > 0)) {
    throw new Error(
      `update: clipRange needs a number above 0, got ${clipRange}. Leave it out for the squared error.`,
    );
  }
  if (!(maxGradNorm > 0)) {
    throw new Error(
      `update: maxGradNorm needs a number above 0, got ${maxGradNorm}. Pass Infinity for no clipping.`,
    );
  }
}

/** Sum of gradients by name; both summands are freed. */
function summed(held: Record<string, Tensor>, more: Record<string, Tensor>) {
  if (Object.keys(held).length === 0) return more;
  const sums = Object.entries(more).map(([name, g]) => [name, add(held[name], g)]);
  dispose([held, more]);
  return Object.fromEntries(sums) as Record<string, Tensor>;
}
