import { fieldsOf } from './fields.js';

/** The numbers that describe a decoder, whatever the spelling of its config.json. */
export interface ModelConfig {
  readonly modelType: 'llama';
  readonly vocabularySize: number;
  /** D */
  readonly hiddenSize: number;
  /** F, the width inside the feed-forward layers. */
  readonly intermediateSize: number;
  /** L */
  readonly layers: number;
  /** H query heads. */
  readonly heads: number;
  /** Hkv key and value heads; divides `heads`. */
  readonly keyValueHeads: number;
  /** Dh */
  readonly headSize: number;
  readonly normEpsilon: number;
  readonly ropeTheta: number;
  /** Longest sequence, in tokens. */
  readonly contextLength: number;
  /** The output layer is the embedding matrix itself. */
  readonly tiedEmbeddings: boolean;
  /** Standard deviation of random weights. */
  readonly initializerRange: number;
}

const SUPPORTED = ['llama'];

/**
 * Reads the fields of a Hugging Face config.json; old spellings (`rope_theta`) and new ones (`rope_parameters`) alike.
 *
 * @param json the parsed file
 * @param source named in errors
 * @throws if a field is missing or not supported; the message names it
 */
export function parseModelConfig(json: unknown, source: string): ModelConfig {
  const field = fieldsOf(json, source);
  const modelType = field.text('model_type');
  if (!SUPPORTED.includes(modelType)) {
    throw new Error(
      `parseModelConfig: needs a model_type among ${SUPPORTED.join(', ')}, got "${modelType}" (${source}). Convert the model, or describe the architecture in packages/policy/src.`,
    );
  }
  for (const name of ['attention_bias', 'mlp_bias']) field.only(name, false);
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
    modelType: 'llama',
    vocabularySize: field.size('vocab_size'),
    hiddenSize,
    intermediateSize: field.size('intermediate_size'),
    layers: field.size('num_hidden_layers'),
    heads,
    keyValueHeads,
    headSize: field.size('head_dim', hiddenSize / heads),
    normEpsilon: field.positive('rms_norm_eps', 1e-6),
    ropeTheta:
      typeof rope.rope_theta === 'number' ? rope.rope_theta : field.positive('rope_theta', 10_000),
    contextLength: field.size('max_position_embeddings', 2048),
    tiedEmbeddings: field.truth('tie_word_embeddings', false),
    initializerRange: field.positive('initializer_range', 0.02),
  };
}

/** The config.json of a Llama model with these numbers. */
export function llamaConfigJson(
  config: Omit<ModelConfig, 'modelType'>,
  tokens: { readonly bos?: number; readonly eos?: number; readonly pad?: number } = {},
): Record<string, unknown> {
  return {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    vocab_size: config.vocabularySize,
    hidden_size: config.hiddenSize,
    intermediate_size: config.intermediateSize,
    num_hidden_layers: config.layers,
    num_attention_heads: config.heads,
    num_key_value_heads: config.keyValueHeads,
    head_dim: config.headSize,
    hidden_act: 'silu',
    attention_bias: false,
    mlp_bias: false,
    rms_norm_eps: config.normEpsilon,
    rope_theta: config.ropeTheta,
    max_position_embeddings: config.contextLength,
    tie_word_embeddings: config.tiedEmbeddings,
    initializer_range: config.initializerRange,
    bos_token_id: tokens.bos ?? null,
    eos_token_id: tokens.eos ?? null,
    pad_token_id: tokens.pad ?? null,
    torch_dtype: 'float32',
  };
}

/** The name and shape of every weight, as in the model.safetensors of Hugging Face. */
export function weightShapes(config: ModelConfig): Map<string, readonly number[]> {
  const { hiddenSize: d, intermediateSize: f, vocabularySize: v } = config;
  const q = config.heads * config.headSize;
  const kv = config.keyValueHeads * config.headSize;
  const shapes = new Map<string, readonly number[]>([['model.embed_tokens.weight', [v, d]]]);
  for (let layer = 0; layer < config.layers; layer++) {
    const at = `model.layers.${layer}.`;
    shapes.set(`${at}input_layernorm.weight`, [d]);
    shapes.set(`${at}self_attn.q_proj.weight`, [q, d]);
    shapes.set(`${at}self_attn.k_proj.weight`, [kv, d]);
    shapes.set(`${at}self_attn.v_proj.weight`, [kv, d]);
    shapes.set(`${at}self_attn.o_proj.weight`, [d, q]);
    shapes.set(`${at}post_attention_layernorm.weight`, [d]);
    shapes.set(`${at}mlp.gate_proj.weight`, [f, d]);
    shapes.set(`${at}mlp.up_proj.weight`, [f, d]);
    shapes.set(`${at}mlp.down_proj.weight`, [d, f]);
  }
  shapes.set('model.norm.weight', [d]);
  if (!config.tiedEmbeddings) shapes.set('lm_head.weight', [v, d]);
  return shapes;
}
