import * as tf from '@tensorflow/tfjs';
import { type AdamWOptions, type AdamWState, adamWStep } from './adamw.js';
import type { NamedTensors, Tensor } from './types.js';

/** Which parameters decay, and how much per unit of learning rate. */
type Decay = Pick<AdamWOptions, 'weightDecay' | 'decays'>;

/** Settings of SGD. */
export interface SgdOptions extends Decay {
  /** Default 0. */
  readonly momentum?: number;
}

/** Settings of Lion. */
export interface LionOptions extends Decay {
  /** Weight of the momentum in the direction. Default 0.9. */
  readonly beta1?: number;
  /** Decay of the momentum. Default 0.99. */
  readonly beta2?: number;
}

/** An optimizer by name, with its settings. */
export type OptimizerChoice =
  | ({ readonly name: 'adamw' | 'adam' } & AdamWOptions)
  | ({ readonly name: 'sgd' } & SgdOptions)
  | ({ readonly name: 'lion' } & LionOptions);

/** The rules that `optimizerStep` knows. */
export type OptimizerName = OptimizerChoice['name'];

/** Steps taken, and the moments of each parameter; `second` is empty for optimizers of one moment. */
export type OptimizerState = AdamWState;

/**
 * Moments at zero, before the first step.
 * @param parameters the tensors to be trained
 */
export function optimizerInit(name: OptimizerName, parameters: NamedTensors): OptimizerState {
  const zeros = () =>
    Object.fromEntries(Object.entries(parameters).map(([key, p]) => [key, tf.zerosLike(p)]));
  const hasSecond = name === 'adamw' || name === 'adam';
  return { step: 0, first: zeros(), second: hasSecond ? zeros() : {} };
}

/**
 * One step of the chosen optimizer; λ is the weight decay, 0 for parameters that do not decay.
 *
 *     adamw  see `adamWStep`
 *     adam   g ← g + λ θ, then as adamw without its decay        Kingma and Ba 2015, https://arxiv.org/abs/1412.6980
 *     sgd    g ← g + λ θ,  m ← μ m + g,  θ ← θ − η m             torch.optim.SGD
 *     lion   θ ← θ − η (sign(β₁ m + (1 − β₁) g) + λ θ),  m ← β₂ m + (1 − β₂) g
 *            Chen et al. 2023, algorithm 2, https://arxiv.org/abs/2302.06675
 *
 * @param parameters θ, any shapes
 * @param gradients g, one for each parameter
 * @param state moments before the step
 * @param learningRate η
 * @param gradientScale multiplies g first; gradient-norm clipping comes in here
 * @returns new parameters and state; the inputs are left alone and stay the caller's
 * @throws if a parameter has no gradient or no moment
 */
export function optimizerStep(
  choice: OptimizerChoice,
  parameters: NamedTensors,
  gradients: NamedTensors,
  state: OptimizerState,
  learningRate: number,
  gradientScale = 1,
): { readonly parameters: Record<string, Tensor>; readonly state: OptimizerState } {
  const { name, ...options } = choice;
  if (choice.name === 'adamw') {
    return adamWStep(parameters, gradients, state, learningRate, gradientScale, options);
  }
  const { weightDecay = 0, decays = (_name, parameter) => parameter.rank > 1 } = choice;
  const decayOf = (key: string, theta: Tensor) => (decays(key, theta) ? weightDecay : 0);
  if (choice.name === 'adam') {
    const decayed = tf.tidy(() =>
      Object.fromEntries(
        Object.entries(parameters).map(([key, theta]) => {
          const g = tf.mul(needed(gradients, key, name), gradientScale);
          return [key, tf.add(g, tf.mul(theta, decayOf(key, theta)))];
        }),
      ),
    );
    const next = adamWStep(parameters, decayed, state, learningRate, 1, {
      ...options,
      weightDecay: 0,
    });
    tf.dispose(decayed);
    return next;
  }
  const rule = choice.name === 'sgd' ? sgd(choice) : lion(choice);
  const next: Record<string, Tensor> = {};
  const first: Record<string, Tensor> = {};
  for (const [key, theta] of Object.entries(parameters)) {
    const gradient = needed(gradients, key, name);
    const moment = needed(state.first, key, name);
    const [updated, m] = tf.tidy(() => {
      const g = tf.mul(gradient, gradientScale);
      return rule(theta, g, moment, learningRate, decayOf(key, theta));
    });
    next[key] = updated;
    first[key] = m;
  }
  return { parameters: next, state: { step: state.step + 1, first, second: {} } };
}

/** θ, g, m, η, λ in; θ and m out. */
type Rule = (theta: Tensor, g: Tensor, m: Tensor, rate: number, decay: number) => [Tensor, Tensor];

function sgd({ momentum = 0 }: SgdOptions): Rule {
  return (theta, g, m0, rate, decay) => {
    const m = tf.add(tf.mul(m0, momentum), tf.add(g, tf.mul(theta, decay)));
    return [tf.sub(theta, tf.mul(m, rate)), m];
  };
}

function lion({ beta1 = 0.9, beta2 = 0.99 }: LionOptions): Rule {
  return (theta, g, m0, rate, decay) => {
    const direction = sign(tf.add(tf.mul(m0, beta1), tf.mul(g, 1 - beta1)));
    const m = tf.add(tf.mul(m0, beta2), tf.mul(g, 1 - beta2));
    return [tf.sub(theta, tf.mul(tf.add(direction, tf.mul(theta, decay)), rate)), m];
  };
}

/** −1, 0 or 1; the wasm backend has no kernel of its own for it. */
function sign(x: Tensor): Tensor {
  return tf.sub(tf.cast(tf.greater(x, 0), 'float32'), tf.cast(tf.less(x, 0), 'float32'));
}

function needed(tensors: NamedTensors, key: string, optimizer: string): Tensor {
  const found = tensors[key];
  if (found) return found;
  throw new Error(
    `optimizerStep: ${optimizer} needs a gradient and a moment for every parameter, got none for "${key}". Start the state with optimizerInit on the same parameters.`,
  );
}
