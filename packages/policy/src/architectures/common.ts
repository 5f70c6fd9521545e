import type { ModelConfig } from '../architecture.js';
import type { Fields } from '../fields.js';

/**
 * The fields that decoders with rotary positions, root-mean-square norms and gated feed-forward layers share;
 * old spellings (`rope_theta`) and new ones (`rope_parameters`) alike.
 *
 * @param headSize of a file that names none; default D / H
 */
export function rotaryConfig(
  field: Fields,
  source: string,
  headSize?: number,
): Omit<ModelConfig, 'modelType' | 'attentionBias' | 'mlpBias'> {
  field.only('hidden_act', 'silu');
  const rope = field.record('rope_parameters') ?? field.record('rope_scaling') ?? {};
  const ropeType = rope.rope_type ?? rope.type ?? 'default';
  if (ropeType !== 'default') {
    throw new Error(
      `parseModelConfig: needs rope type "default", got "${ropeType}" (${source}). Rescaled rotary positions are not supported.`,
    );
  }
  const hiddenSize = field.size('hidden_size');
  const heads = field.size('num_attention_heads');
  const keyValueHeads = field.size('num_key_value_heads', heads);
  if (heads % keyValueHeads !== 0) {
    throw new Error(
      `parseModelConfig: needs num_attention_heads divisible by num_key_value_heads, got ${heads} and ${keyValueHeads} (${source}).`,
    );
  }
  return {
    vocabularySize: field.size('vocab_size'),
    hiddenSize,
    intermediateSize: field.size('intermediate_size'),
    layers: field.size('num_hidden_layers'),
    heads,
    keyValueHeads,
    headSize: field.size('head_dim', headSize ?? hiddenSize / heads),
    normEpsilon: field.positive('rms_norm_eps', 1e-6),
    ropeTheta:
      typeof rope.rope_theta === 'number' ? rope.rope_theta : field.positive('rope_theta', 10_000),
    contextLength: field.size('max_position_embeddings', 2048),
    tiedEmbeddings: field.truth('tie_word_embeddings', false),
    initializerRange: field.positive('initializer_range', 0.02),
  };
}

/** Refuses a config whose layers look at a window instead of all that came before. */
export function refuseSlidingWindow(field: Fields, source: string): void {
  field.only('use_sliding_window', false);
  const windowed = field.list('layer_types').find((type) => type !== 'full_attention');
  if (windowed !== undefined) {
    throw new Error(
      `parseModelConfig: needs "full_attention" in every entry of "layer_types", got ${JSON.stringify(windowed)} (${source}). Sliding windows are not supported.`,
    );
  }
}

/**
 * The weights of a model whose layers hold attention and a gated feed-forward layer, each behind its norm.
 *
 * @param hasBias whether a projection adds a bias
 * @param headNorms norms over the width of one head, by name
 */
export function rotaryShapes(
  config: ModelConfig,
  hasBias: (projection: string) => boolean,
  headNorms: readonly string[] = [],
): Map<string, readonly number[]> {
  const { hiddenSize: d, intermediateSize: f, vocabularySize: v } = config;
  const q = config.heads * config.headSize;
  const kv = config.keyValueHeads * config.headSize;
  const shapes = new Map<string, readonly number[]>([['model.embed_tokens.weight', [v, d]]]);
  for (let layer = 0; layer < config.layers; layer++) {
    const at = `model.layers.${layer}`;
    const projection = (name: string, out: number, width: number) => {
      shapes.set(`${at}.${name}.weight`, [out, width]);
      if (hasBias(name)) shapes.set(`${at}.${name}.bias`, [out]);
    };
    shapes.set(`${at}.input_layernorm.weight`, [d]);
    projection('self_attn.q_proj', q, d);
    projection('self_attn.k_proj', kv, d);
    projection('self_attn.v_proj', kv, d);
    projection('self_attn.o_proj', d, q);
    for (const name of headNorms) shapes.set(`${at}.${name}.weight`, [config.headSize]);
    shapes.set(`${at}.post_attention_layernorm.weight`, [d]);
    projection('mlp.gate_proj', f, d);
    projection('mlp.up_proj', f, d);
    projection('mlp.down_proj', d, f);
  }
  shapes.set('model.norm.weight', [d]);
  if (!config.tiedEmbeddings) shapes.set('lm_head.weight', [v, d]);
  return shapes;
}
