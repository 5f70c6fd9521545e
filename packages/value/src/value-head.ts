import { keyedRandom, type Random } from '@grpo/random';
import {
  add,
  matMul,
  randomNormal,
  relu,
  reshape,
  stopGradient,
  type Tensor,
  tensor,
  tidy,
} from '@grpo/tensor';
import { dropout } from './dropout.js';
import { layerNorm } from './layer-norm.js';
import type { ValueHeadConfig, ValueHeadWeights } from './types.js';

/** Where the draws of the two dropouts come from. */
export interface HeadDropout {
  readonly inner: Random;
  readonly output: Random;
}

/** Options of `applyValueHead`. */
export interface ApplyValueHeadOptions {
  /** Turns dropout on, for training. Default: off. */
  readonly dropout?: HeadDropout;
  /** Whether gradient flows on into the hidden states, as a shared backbone wants. Default true. */
  readonly trainsHidden?: boolean;
}

/**
 * Makes the draws of dropout in one optimizer step. They continue from call to call of the head, so that a
 * minibatch in parts drops what the whole would.
 *
 * @param step number of the optimizer step; the same (seed, step) drops the same numbers
 */
export function headDropout(seed: number, step: number): HeadDropout {
  return {
    inner: keyedRandom(seed, 'value dropout', step, 'inner'),
    output: keyedRandom(seed, 'value dropout', step, 'output'),
  };
}

/**
 * Draws the weights of a value head. Norm weights are 1 and biases 0; the inner weights are normal with
 * standard deviation √(2/D), which keeps the variance through ReLU (He et al. 2015, equation 10,
 * https://arxiv.org/abs/1502.01852); the output weights are normal with 1/√(H + 1), so that first values
 * are of the order of 1 (Stiennon et al. 2020, appendix B, https://arxiv.org/abs/2009.01325).
 *
 * @param seed the same seed gives the same weights
 * @returns weights; the caller disposes of them
 * @throws if a width is not a positive integer
 */
export function initValueHead(config: ValueHeadConfig, seed: number): ValueHeadWeights {
  const { width: D, innerWidth: H = Math.ceil(config.width / 2) } = config;
  for (const [name, size] of Object.entries({ width: D, innerWidth: H })) {
    if (!(Number.isInteger(size) && size > 0)) {
      throw new Error(
        `initValueHead: ${name} needs a positive integer, got ${size}. Pass the width of the hidden states.`,
      );
    }
  }
  const normal = (name: string, shape: readonly number[], deviation: number) =>
    randomNormal(shape, keyedRandom(seed, 'value head', name).normal, deviation);
  return {
    'norm.weight': tensor(new Float32Array(D).fill(1), [D]),
    'norm.bias': tensor(new Float32Array(D), [D]),
    'inner.weight': normal('inner.weight', [H, D], Math.sqrt(2 / D)),
    'inner.bias': tensor(new Float32Array(H), [H]),
    'output.weight': normal('output.weight', [1, H], 1 / Math.sqrt(H + 1)),
    'output.bias': tensor(new Float32Array(1), [1]),
  };
}

/**
 * Values of hidden states: V = w₂ · drop(ReLU(W₁ · drop(LayerNorm(h)) + b₁)) + b₂.
 *
 * @param hidden [N, D] receives gradient, unless `trainsHidden` is false
 * @param weights each receives gradient
 * @param config the widths that the weights were made with, and the rate of dropout
 * @returns [N]
 * @throws if the hidden states are not [N, D]
 */
export function applyValueHead(
  hidden: Tensor,
  weights: ValueHeadWeights,
  { width: D, dropout: rate = 0 }: ValueHeadConfig,
  { dropout: draws, trainsHidden = true }: ApplyValueHeadOptions = {},
): Tensor {
  if (hidden.rank !== 2 || hidden.shape[1] !== D) {
    throw new Error(
      `applyValueHead: needs hidden states of shape [N, ${D}], got [${hidden.shape.join(', ')}]. Pass one row per state, from the backbone that the head was made for.`,
    );
  }
  const drop = (x: Tensor, layer: keyof HeadDropout) =>
    draws === undefined ? x : dropout(x, rate, draws[layer]);
  return tidy(() => {
    const h = trainsHidden ? hidden : stopGradient(hidden); // [N, D]
    const normal = layerNorm(h, weights['norm.weight'], weights['norm.bias']); // [N, D]
    const inner = relu(
      linear(drop(normal, 'inner'), weights['inner.weight'], weights['inner.bias']),
    ); // [N, H]
    const value = linear(drop(inner, 'output'), weights['output.weight'], weights['output.bias']); // [N, 1]
    return reshape(value, [-1]); // [N]
  });
}

/** x · Wᵀ + b. */
function linear(x: Tensor, weight: Tensor, bias: Tensor): Tensor {
  return add(matMul(x, weight, false, true), bias);
}
