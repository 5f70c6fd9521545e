import type { ModelConfig } from './architecture.js';
import { fieldsOf } from './fields.js';
import { architectureOf } from './registry.js';

export type { LayerAttention, ModelConfig, Rope } from './architecture.js';

/**
 * Reads the fields of a Hugging Face config.json, old and new spellings alike.
 *
 * @param json the parsed file
 * @param source named in errors
 * @throws if the architecture is not known, or a field is missing or not supported; the message names it
 */
export function parseModelConfig(json: unknown, source: string): ModelConfig {
  const field = fieldsOf(json, source);
  const architecture = architectureOf(field.text('model_type'), source);
  field.refuse(
    'quantization_config',
    'quantised weights are not read: save the model in float32, float16 or bfloat16',
  );
  for (const name of ['num_experts', 'num_local_experts', 'n_routed_experts']) {
    field.refuse(name, 'mixtures of experts are not supported');
  }
  return architecture.parseConfig(field, source);
}

/** A Llama's numbers; its projections add no bias unless told. */
export interface LlamaConfig
  extends Pick<
      ModelConfig,
      | 'vocabularySize'
      | 'hiddenSize'
      | 'intermediateSize'
      | 'layers'
      | 'heads'
      | 'keyValueHeads'
      | 'headSize'
      | 'normEpsilon'
      | 'contextLength'
      | 'tiedEmbeddings'
      | 'initializerRange'
    >,
    Partial<Pick<ModelConfig, 'attentionBias' | 'mlpBias'>> {
  /** The base of the rotary frequencies. */
  readonly ropeTheta: number;
}

/** The config.json of a Llama model with these numbers. */
export function llamaConfigJson(
  config: LlamaConfig,
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
    attention_bias: config.attentionBias ?? false,
    mlp_bias: config.mlpBias ?? false,
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
  return architectureOf(config.modelType, 'weightShapes').weightShapes(config);
}
