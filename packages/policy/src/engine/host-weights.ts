import { hostArray, type NamedTensors, simdKernels, type Tensor } from '@grpo/tensor';
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
    const entry = { shape: weight.shape, read: () => numbersOf(weight) };
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

/** In place where the engine that trains keeps its tensors in memory of JavaScript, otherwise a copy. */
function numbersOf(weight: Tensor): Float32Array {
  const isInPlace = simdKernels() !== undefined && !weight.isDisposed;
  return isInPlace ? hostArray(weight) : (weight.dataSync() as Float32Array);
}

/** Whether what was made for one set of weights serves another: names, shapes and the scale of adapters are equal. */
export function haveSameShapes(a: HostWeights, b: HostWeights): boolean {
  return (
    a.adapterScale === b.adapterScale &&
    a.tensors.size === b.tensors.size &&
    [...a.tensors].every(([name, { shape }]) => {
      const other = b.tensors.get(name)?.shape;
      return other !== undefined && String(other) === String(shape);
    })
  );
}
