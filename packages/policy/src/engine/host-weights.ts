import type { NamedTensors, Tensor } from '@grpo/tensor';
import type { HostWeight, HostWeights } from '../types.js';

/**
 * Makes plain numbers of tensors, on demand.
 *
 * @returns a function that gives the same object for the same weights, and for a tensor that stays the same entry
 */
export function hostWeightsOf(): (weights: NamedTensors, adapterScale: number) => HostWeights {
  const entries = new WeakMap<Tensor, HostWeight>();
  const wholes = new WeakMap<NamedTensors, HostWeights>();
  const entryOf = (weight: Tensor): HostWeight => {
    const known = entries.get(weight);
    if (known !== undefined) return known;
    const entry = { shape: weight.shape, read: () => weight.dataSync() as Float32Array };
    entries.set(weight, entry);
    return entry;
  };
  return (weights, adapterScale) => {
    const known = wholes.get(weights);
    if (known !== undefined) return known;
    const tensors = Object.entries(weights).map(
      ([name, weight]) => [name, entryOf(weight)] as const,
    );
    const whole = { tensors: new Map(tensors), adapterScale };
    wholes.set(weights, whole);
    return whole;
  };
}
