import type { ModelConfig } from './architecture.js';
import type { Fields } from './fields.js';
import { parseRope } from './rope.js';

/** What a file need not say, because its `model_type` does. */
export interface Defaults {
  /** Dh; default D / H. */
  readonly headSize?: number;
  readonly contextLength: number;
  /** The base of the rotary frequencies. Default 10,000. */
  readonly ropeTheta?: number;
  readonly tiedEmbeddings?: boolean;
  readonly activation?: ModelConfig['activation'];
  /** Default: what the file has under `rope_scaling` or `rope_parameters`. */
  readonly rope?: Readonly<Record<string, unknown>>;
}

/** Far above any model; a file that asks for more is damaged, and would be read into memory before its weights are. */
export const MOST_LAYERS = 4096;
const WIDEST_HEAD = 65_536;

/** @throws if a number passes a limit that no sound file comes near */
export function atMost(most: number, name: string, value: number, source: string): number {
  if (value <= most) return value;
  throw new Error(
    `parseModelConfig: needs at most ${most} for "${name}", got ${value} (${source}). The file is damaged: copy it again.`,
  );
}

type RotaryConfig = Omit<ModelConfig, 'modelType' | 'attentionBias' | 'mlpBias'>;

/**
 * The fields that decoders with rotary positions, root-mean-square norms and gated feed-forward layers share;
 * old spellings (`rope_theta`, `rope_scaling`) and new ones (`rope_parameters`) alike. Every layer sees all that
 * came before it.
 */
export function rotaryConfig(
  field: Fields,
  source: string,
  { headSize, contextLength, ropeTheta = 10_000, tiedEmbeddings = false, ...rest }: Defaults,
): RotaryConfig {
  const hiddenSize = field.size('hidden_size');
  const layers = atMost(MOST_LAYERS, 'num_hidden_layers', field.size('num_hidden_layers'), source);
  const heads = field.size('num_attention_heads');
  const keyValueHeads = field.size('num_key_value_heads', heads);
  if (heads % keyValueHeads !== 0) {
    throw new Error(
      `parseModelConfig: needs num_attention_heads divisible by num_key_value_heads, got ${heads} and ${keyValueHeads} (${source}).`,
    );
  }
  if (headSize === undefined && !field.has('head_dim') && hiddenSize % heads !== 0) {
    throw new Error(
      `parseModelConfig: needs hidden_size divisible by num_attention_heads where there is no head_dim, got ${hiddenSize} and ${heads} (${source}).`,
    );
  }
  const named = field.size('head_dim', headSize ?? hiddenSize / heads);
  const head = atMost(WIDEST_HEAD, 'head_dim', named, source);
  const share = field.number('partial_rotary_factor', 1);
  const longest = field.size('max_position_embeddings', contextLength);
  const { rope, contextLength: length } = parseRope(
    { partial_rotary_factor: share, ...(rest.rope ?? ropeRecord(field)) },
    source,
    head,
    field.positive('rope_theta', ropeTheta),
    longest,
    field.number('original_max_position_embeddings'),
  );
  if (rest.activation === undefined) field.only('hidden_act', 'silu');
  return {
    vocabularySize: field.size('vocab_size'),
    hiddenSize,
    intermediateSize: field.size('intermediate_size'),
    layers,
    heads,
    keyValueHeads,
    headSize: head,
    attention: Array.from({ length: layers }, () => ({ rope, scale: 1 / Math.sqrt(head) })),
    activation: rest.activation ?? 'silu',
    normEpsilon: field.positive('rms_norm_eps', 1e-6),
    contextLength: length,
    tiedEmbeddings: field.truth('tie_word_embeddings', tiedEmbeddings),
    initializerRange: field.positive('initializer_range', 0.02),
    padToken: field.number('pad_token_id'),
  };
}

/** What a file says of its rotary positions, in the older spelling or the newer one. */
function ropeRecord(field: Fields): Readonly<Record<string, unknown>> {
  return field.record('rope_scaling') ?? field.record('rope_parameters') ?? {};
}

/**
 * The weights of a model whose layers hold attention and a gated feed-forward layer, each behind its norm.
 *
 * @param hasBias whether a projection adds a bias
 * @param headNorms norms over the width of one head, by name
 * @param norms norms over D, by name
 */
export function rotaryShapes(
  config: ModelConfig,
  hasBias: (projection: string) => boolean,
  headNorms: readonly string[] = [],
  norms: readonly string[] = ['input_layernorm', 'post_attention_layernorm'],
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
    for (const name of norms) shapes.set(`${at}.${name}.weight`, [d]);
    projection('self_attn.q_proj', q, d);
    projection('self_attn.k_proj', kv, d);
    projection('self_attn.v_proj', kv, d);
    projection('self_attn.o_proj', d, q);
    for (const name of headNorms) shapes.set(`${at}.${name}.weight`, [config.headSize]);
    projection('mlp.gate_proj', f, d);
    projection('mlp.up_proj', f, d);
    projection('mlp.down_proj', d, f);
  }
  shapes.set('model.norm.weight', [d]);
  if (!config.tiedEmbeddings) shapes.set('lm_head.weight', [v, d]);
  return shapes;
}

/** How the weights of a Llama, and of those that follow it, are named. */
export const llamaNames = {
  prefix: 'model.',
  embeddingWeight: 'model.embed_tokens.weight',
  layerName: (layer: number) => `model.layers.${layer}`,
} as const;
