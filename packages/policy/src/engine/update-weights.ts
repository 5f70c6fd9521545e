import {
  add,
  dispose,
  mul,
  type NamedTensors,
  type OptimizerChoice,
  type OptimizerState,
  optimizerStep,
  type Tensor,
  tidy,
} from '@grpo/tensor';

/** Tensors by name that their owner replaces one by one. */
export type OwnTensors = Record<string, Tensor>;

/**
 * Adds gradients to those held, in place of them: each sum frees its two parts before the next is made.
 *
 * @param held changed
 * @param more freed
 */
export function accumulateGradients(held: OwnTensors, more: OwnTensors): void {
  for (const [name, gradient] of Object.entries(more)) {
    const before = held[name];
    if (before === undefined) {
      held[name] = gradient;
      continue;
    }
    held[name] = add(before, gradient);
    dispose([before, gradient]);
  }
}

/**
 * One step of the optimizer, parameter by parameter: the old values, moments and gradient of each are freed before the next
 * is computed, so that no second copy of the model is made.
 *
 * @param weights freed
 * @param gradients freed
 * @param state freed
 * @param scale multiplies the gradients first
 * @returns the new weights and state
 */
export function updateWeights(
  weights: Readonly<OwnTensors>,
  gradients: Readonly<OwnTensors>,
  state: OptimizerState,
  learningRate: number,
  scale: number,
  choice: OptimizerChoice,
): { readonly weights: OwnTensors; readonly state: OptimizerState } {
  const updated: OwnTensors = {};
  const first: OwnTensors = {};
  const second: OwnTensors = {};
  for (const name of Object.keys(weights)) {
    const own = <T>(tensors: Readonly<Record<string, T>>) => {
      return name in tensors ? { [name]: tensors[name] as T } : {};
    };
    const part = { step: state.step, first: own(state.first), second: own(state.second) };
    const next = optimizerStep(choice, own(weights), own(gradients), part, learningRate, scale);
    dispose([own(weights), own(gradients), part.first, part.second]);
    Object.assign(updated, next.parameters);
    Object.assign(first, next.state.first);
    Object.assign(second, next.state.second);
  }
  return { weights: updated, state: { step: state.step + 1, first, second } };
}

/**
 * w ← α · w_other + (1 − α) · w, weight by weight: an exponential moving average where it is done often.
 *
 * @param weights freed
 * @param others left alone
 * @throws where `others` lacks a weight
 */
export function mixWeights(weights: OwnTensors, others: NamedTensors, alpha: number): OwnTensors {
  const missing = Object.keys(weights).find((name) => others[name] === undefined);
  if (missing !== undefined) {
    throw new Error(
      `follow: needs a policy with the weights of this model, got one without "${missing}". Open both from the same folder.`,
    );
  }
  const mixed: OwnTensors = {};
  for (const [name, weight] of Object.entries(weights)) {
    const other = others[name] as Tensor;
    mixed[name] = tidy(() => add(mul(other, alpha), mul(weight, 1 - alpha)));
    weight.dispose();
  }
  return mixed;
}
