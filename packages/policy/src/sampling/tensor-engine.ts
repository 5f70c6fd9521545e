import type { NamedTensors } from '@grpo/tensor';
import type { EngineConfig } from '../engine/engine-config.js';
import type { DecodeEngine } from '../types.js';
import {
  type DecodeBatch,
  decodeStep,
  disposeBatch,
  joinBatches,
  pickRows,
  prefill,
} from './decode-batch.js';

/**
 * Decodes on the tensor engine.
 *
 * @param weights asked for at every refresh
 */
export function tensorEngine(
  config: EngineConfig,
  weights: () => NamedTensors,
): DecodeEngine<DecodeBatch> {
  let held: NamedTensors = {};
  return {
    refresh: () => {
      const now = weights();
      const isOther = !areSame(held, now);
      held = now;
      return isOther;
    },
    prefill: (prompts) => prefill(config, held, prompts),
    step: (batch, ids) => decodeStep(config, held, batch, ids),
    pick: pickRows,
    join: joinBatches,
    free: disposeBatch,
  };
}

/** Whether two sets of weights are the same tensors. */
function areSame(a: NamedTensors, b: NamedTensors): boolean {
  if (a === b) return true;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
