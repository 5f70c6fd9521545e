/**
 * Glossary (N states, D width of a hidden state, H inner width of the head)
 * - State: what a decision is made in; for a language model, the tokens before the next one.
 * - Hidden state: a vector for a state, as a policy's last layer gives it before its logits.
 * - Backbone: what turns states into hidden states. Head: what turns hidden states into values.
 * - Unit: what a backbone cannot split, such as a sequence; minibatches are made of units.
 * - Value: the reward that is expected from a state on. Return: the reward that came, or GAE's estimate of it.
 * - Rollout-time value: the value that a state had when the batch was sampled, before any update on it.
 */
import type { Floats } from '@grpo/advantage';
import type { NamedTensors, Tensor } from '@grpo/tensor';

/** Hidden states as plain numbers; no gradient flows into what made them. */
export interface HiddenStates {
  /** [N, D] row-major. */
  readonly data: Float32Array;
  readonly shape: readonly [states: number, width: number];
}

/** The shape and the chance of a value head. */
export interface ValueHeadConfig {
  /** D, the width of the hidden states. */
  readonly width: number;
  /** H, the width between the two linear layers. Default ⌈D / 2⌉. */
  readonly innerWidth?: number;
  /** Share of numbers that dropout sets to 0 in training. Default 0. */
  readonly dropout?: number;
}

/** The weights of a value head; linear weights are [outputs, inputs], as PyTorch stores them. */
export interface ValueHeadWeights extends NamedTensors {
  /** [D] */
  readonly 'norm.weight': Tensor;
  /** [D] */
  readonly 'norm.bias': Tensor;
  /** [H, D] */
  readonly 'inner.weight': Tensor;
  /** [H] */
  readonly 'inner.bias': Tensor;
  /** [1, H] */
  readonly 'output.weight': Tensor;
  /** [1] */
  readonly 'output.bias': Tensor;
}

/** Turns states into hidden states. It holds no weights: those come in with each call. */
export interface Backbone<States> {
  /** D */
  readonly width: number;
  /** [units] how many states each unit holds: 1 for plain vectors, the counted tokens of a sequence. */
  sizes(states: States): readonly number[];
  /** The given units alone, in the given order. */
  select(states: States, units: readonly number[]): States;
  /** [N, D] hidden states, unit after unit, differentiable with respect to `weights`. */
  hidden(states: States, weights: NamedTensors): Tensor;
}

/** States in, values out; all that an advantage needs. */
export interface ValueEstimator<States> {
  /** [N] values, unit after unit; dropout off. All states in one pass: where memory is short, ask in parts. */
  values(states: States): Promise<Float64Array>;
}

/** What a value function learns from. */
export interface ValueTargets {
  /** [N] what the values should have been. */
  readonly returns: Floats;
  /** [N] rollout-time values: those that the advantages were made with, not newer ones. */
  readonly oldValues: Floats;
}

/** How a value function learns from one batch. */
export interface ValueUpdateOptions {
  readonly learningRate: number;
  /** Passes over the batch. Default 1. */
  readonly epochs?: number;
  /** Most units of one optimizer step. Default: all. */
  readonly minibatchSize?: number;
  /** Most units of one forward and backward pass; less memory, the same gradient. Default: the minibatch. */
  readonly microbatchSize?: number;
  /** How far a value may move from its rollout-time value before its gradient stops. Default: any distance. */
  readonly clipRange?: number;
  /** Gradients with a larger total L2 norm are scaled down to it. Default 1. */
  readonly maxGradNorm?: number;
}

/** What an update gave: metrics by name. */
export interface ValueUpdate {
  readonly metrics: Readonly<Record<string, number>>;
}

/** A value function that learns, is saved and comes back. */
export interface ValueFunction<States> extends ValueEstimator<States> {
  /** Moves the values towards the returns, over epochs and minibatches. */
  update(states: States, targets: ValueTargets, options: ValueUpdateOptions): Promise<ValueUpdate>;
  /** Writes all that a resume needs. */
  save(folder: string): Promise<void>;
  /** Takes the place of all that `save` wrote. */
  load(folder: string): Promise<void>;
}
