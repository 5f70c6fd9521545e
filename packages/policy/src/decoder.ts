import type { DecoderOps, ModelConfig } from './architecture.js';
import { architectureOf } from './architectures/registry.js';

/**
 * The decoder that the config names, up to its last norm.
 *
 * @returns hidden states [N, D]
 */
export function decoder<X>(ops: DecoderOps<X>, config: ModelConfig): X {
  return architectureOf(config.modelType, 'decoder').decoder(ops, config);
}

/** The weight of the output layer, logits = hidden Wᵀ. */
export function outputWeight(config: ModelConfig): string {
  return config.tiedEmbeddings ? 'model.embed_tokens.weight' : 'lm_head.weight';
}
