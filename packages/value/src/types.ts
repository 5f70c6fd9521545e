/**
 * Glossary (N states, D width of a hidden state, H inner width of the head)
 * - State: what a decision is made in; for a language model, the tokens before the next one.
 * - Hidden state: the backbone's vector for a state, as the policy's last layer gives it before its logits.
 * - Value: the reward that is expected from a state on. Return: the reward that came, or GAE's estimate of it.
 * - Rollout-time value: the value that a state had when the batch was sampled, before any update on it.
 */
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
