import type { StoredTensor } from '@grpo/safetensors';
import { type NamedTensors, type Tensor, tensor } from '@grpo/tensor';

/** Reads named tensors into plain numbers, with a prefix to each name. */
export function toStored(prefix: string, tensors: NamedTensors): [string, StoredTensor][] {
  return Object.entries(tensors).map(([name, value]) => [
    prefix + name,
    { shape: value.shape, data: value.dataSync() as Float32Array },
  ]);
}

/**
 * Makes tensors of stored numbers.
 *
 * @param prefix stands before each name where it is stored
 * @param like names and shapes that have to be there
 * @param from where the numbers come from, for the message
 * @returns tensors by the names of `like`; the caller disposes of them
 * @throws if a name is missing or has another shape; no tensor is left then
 */
export function fromStored(
  prefix: string,
  like: NamedTensors,
  stored: ReadonlyMap<string, StoredTensor>,
  from: string,
): Record<string, Tensor> {
  for (const [name, { shape }] of Object.entries(like)) {
    const found = stored.get(prefix + name);
    if (found?.shape.join() !== shape.join()) {
      throw new Error(
        `load: needs "${prefix + name}" of shape [${shape.join(', ')}], got ${found ? `[${found.shape.join(', ')}]` : 'none'} in ${from}. Make the value function with the widths that it was saved with.`,
      );
    }
  }
  return Object.fromEntries(
    Object.entries(like).map(([name, { shape }]) => {
      const data = stored.get(prefix + name)?.data ?? new Float32Array(0);
      return [name, tensor(data, [...shape])];
    }),
  );
}

/** The tensors whose names start with a prefix, without it. */
export function withoutPrefix(prefix: string, tensors: NamedTensors): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(tensors)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, value]) => [name.slice(prefix.length), value]),
  );
}

/** The same tensors, with a prefix to each name. */
export function withPrefix(prefix: string, tensors: NamedTensors): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(tensors).map(([name, value]) => [prefix + name, value]));
}
