import { existsSync } from 'node:fs';
import { readSafetensors, type StoredTensor, writeSafetensors } from '@grpo/safetensors';
import { type AdamWState, type NamedTensors, tensor } from '@grpo/tensor';

/** Writes AdamW's moments and step count as a safetensors file. */
export async function writeOptimizer(path: string, state: AdamWState): Promise<void> {
  const tensors = new Map<string, StoredTensor>();
  for (const moment of ['first', 'second'] as const) {
    for (const [name, values] of Object.entries(state[moment])) {
      const data = values.dataSync() as Float32Array;
      tensors.set(`${moment}.${name}`, { shape: values.shape, data });
    }
  }
  await writeSafetensors(path, tensors, { step: String(state.step) });
}

/**
 * Reads what `writeOptimizer` wrote.
 *
 * @param weights the parameters that the moments belong to
 * @returns undefined where there is no such file
 * @throws if a moment is missing or has another shape than its weight
 */
export function readOptimizer(path: string, weights: NamedTensors): AdamWState | undefined {
  if (!existsSync(path)) return undefined;
  const { tensors, metadata } = readSafetensors(path);
  const moments = (moment: string) =>
    Object.fromEntries(
      Object.entries(weights).map(([name, { shape }]) => {
        const stored = tensors.get(`${moment}.${name}`);
        if (stored === undefined || stored.shape.join() !== shape.join()) {
          throw new Error(
            `readOptimizer: needs "${moment}.${name}" with shape [${shape.join(', ')}], got ${stored ? `[${stored.shape.join(', ')}]` : 'none'} in ${path}. The state belongs to another model: remove the file to start the optimizer afresh.`,
          );
        }
        return [name, tensor(stored.data, [...shape])];
      }),
    );
  return { step: Number(metadata.step), first: moments('first'), second: moments('second') };
}
