import type { DecoderOps, ModelConfig } from './architecture.js';
import { architectureOf } from './registry.js';

/**
 * The decoder that the config names, up to its last norm.
 *
 * @returns hidden states [N, D]
 */
export function decoder<X>(ops: DecoderOps<X>, config: ModelConfig): X {
  const architecture = architectureOf(config.modelType, 'decoder');
  let x = architecture.embed(ops, config); // [N, D]
  for (let layer = 0; layer < config.layers; layer++) {
    const at = architecture.layerName(layer);
    x = ops.block(at, x, (input) => architecture.layer(ops, config, input, layer, at)); // [N, D]
  }
  return architecture.lastNorm(ops, x); // [N, D]
}

/** The weight of the output layer, logits = hidden Wᵀ. */
export function outputWeight(config: ModelConfig): string {
  return config.tiedEmbeddings
    ? architectureOf(config.modelType, 'outputWeight').embeddingWeight
    : 'lm_head.weight';
}
