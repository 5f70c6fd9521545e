import {
  type AdamWOptions,
  type AdamWState,
  adamWStep,
  add,
  dispose,
  type Tensor,
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
 * One step of AdamW, parameter by parameter: the old values, moments and gradient of each are freed before the next
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
  state: AdamWState,
  learningRate: number,
  scale: number,
  options?: AdamWOptions,
): { readonly weights: OwnTensors; readonly state: AdamWState } {
  const updated: OwnTensors = {};
  const first: OwnTensors = {};
  const second: OwnTensors = {};
  for (const name of Object.keys(weights)) {
    const own = <T>(tensors: Readonly<Record<string, T>>) => ({ [name]: tensors[name] as T });
    const part = { step: state.step, first: own(state.first), second: own(state.second) };
    const next = adamWStep(own(weights), own(gradients), part, learningRate, scale, options);
    dispose([own(weights), own(gradients), part.first, part.second]);
    Object.assign(updated, next.parameters);
    Object.assign(first, next.state.first);
    Object.assign(second, next.state.second);
  }
  return { weights: updated, state: { step: state.step + 1, first, second } };
}
