import * as tf from '@tensorflow/tfjs';
import { type AdamWNumbers, fusedAdamW } from './simd/fused-adamw.js';
import { simdKernels } from './simd/host-arrays.js';
import type { NamedTensors, Tensor } from './types.js';

/** Settings of `adamWStep`. */
export interface AdamWOptions {
  /** Decay of the mean of the gradients. Default 0.9. */
  readonly beta1?: number;
  /** Decay of the mean of the squared gradients. Default 0.999. */
  readonly beta2?: number;
  /** Added to the root of the second moment. Default 1e-8. */
  readonly epsilon?: number;
  /** Decoupled weight decay, per unit of learning rate. Default 0. */
  readonly weightDecay?: number;
  /** Which parameters decay. Default: those with two or more dimensions. */
  readonly decays?: (name: string, parameter: Tensor) => boolean;
}

/** The first and second moments of each parameter, and the steps taken. */
export interface AdamWState {
  readonly step: number;
  readonly first: NamedTensors;
  readonly second: NamedTensors;
}

/**
 * Moments at zero, before the first step.
 * @param parameters the tensors to be trained
 */
export function adamWInit(parameters: NamedTensors): AdamWState {
  const zeros = () =>
    Object.fromEntries(Object.entries(parameters).map(([name, p]) => [name, tf.zerosLike(p)]));
  return { step: 0, first: zeros(), second: zeros() };
}

/**
 * One step of Adam with decoupled weight decay:
 *   m ← β₁ m + (1 − β₁) g,  v ← β₂ v + (1 − β₂) g²,
 *   θ ← θ − η λ θ − η m̂ / (√v̂ + ε),  m̂ = m / (1 − β₁ᵗ), v̂ = v / (1 − β₂ᵗ).
 * Loshchilov and Hutter 2019, algorithm 2, https://arxiv.org/abs/1711.05101; the order and ε of torch.optim.AdamW.
 *
 * @param parameters θ, any shapes
 * @param gradients g, one for each parameter
 * @param state moments before the step
 * @param learningRate η
 * @param gradientScale multiplies g first; gradient-norm clipping comes in here
 * @returns new parameters and state; the inputs are left alone and stay the caller's
 */
export function adamWStep(
  parameters: NamedTensors,
  gradients: NamedTensors,
  state: AdamWState,
  learningRate: number,
  gradientScale = 1,
  {
    beta1 = 0.9,
    beta2 = 0.999,
    epsilon = 1e-8,
    weightDecay = 0,
    decays = (_name, parameter) => parameter.rank > 1,
  }: AdamWOptions = {},
): { readonly parameters: Record<string, Tensor>; readonly state: AdamWState } {
  const step = state.step + 1;
  const correction1 = 1 - beta1 ** step;
  const correction2Root = Math.sqrt(1 - beta2 ** step);
  const next: Record<string, Tensor> = {};
  const first: Record<string, Tensor> = {};
  const second: Record<string, Tensor> = {};
  for (const [name, theta] of Object.entries(parameters)) {
    const gradient = gradients[name];
    const m0 = state.first[name];
    const v0 = state.second[name];
    if (gradient === undefined || m0 === undefined || v0 === undefined) {
      throw new Error(
        `adamWStep: needs a gradient and moments for every parameter, got none for "${name}". Start the state with adamWInit on the same parameters.`,
      );
    }
    const numbers: AdamWNumbers = {
      learningRate,
      beta1,
      beta2,
      epsilon,
      decay: decays(name, theta) ? weightDecay : 0,
      correction1,
      correction2Root,
      gradientScale,
    };
    const kernels = simdKernels();
    const before = [theta, m0, v0, gradient] as const;
    [next[name], first[name], second[name]] = kernels
      ? fusedAdamW(kernels, before, numbers)
      : tf.tidy(() => composed(before, numbers));
  }
  return { parameters: next, state: { step, first, second } };
}

/** θ, m and v after one step of one parameter. */
function composed(
  [theta, m0, v0, gradient]: Parameters<typeof fusedAdamW>[1],
  n: AdamWNumbers,
): [theta: Tensor, m: Tensor, v: Tensor] {
  const g = tf.mul(gradient, n.gradientScale);
  const m = tf.add(tf.mul(m0, n.beta1), tf.mul(g, 1 - n.beta1));
  const v = tf.add(tf.mul(v0, n.beta2), tf.mul(tf.square(g), 1 - n.beta2));
  const denominator = tf.add(tf.div(tf.sqrt(v), n.correction2Root), n.epsilon);
  const change = tf.div(tf.mul(m, n.learningRate / n.correction1), denominator);
  const decayed = n.decay === 0 ? theta : tf.mul(theta, 1 - n.learningRate * n.decay);
  return [tf.sub(decayed, change), m, v];
}
