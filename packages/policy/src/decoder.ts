import type { ModelConfig } from './config.js';

/**
 * The operations that a decoder is described in. An engine gives them meaning: the tensor engine computes
 * them eagerly, with gradients or with a cache of keys and values; another may compile them.
 * Weights go by their names in the safetensors file. X: a value of the engine, rows [N, …].
 */
export interface DecoderOps<X> {
  /** Rows of the embedding matrix for the input ids. → [N, D] */
  embedding(weight: string): X;
  /** x Wᵀ. [N, in] → [N, out] */
  linear(x: X, weight: string): X;
  /** Root-mean-square norm. [N, D] → [N, D] */
  norm(x: X, weight: string): X;
  /** Causal attention over heads with rotary positions. [N, H·Dh], [N, Hkv·Dh] twice → [N, H·Dh] */
  attention(layer: number, q: X, k: X, v: X): X;
  /** silu(gate) · up. [N, F] twice → [N, F] */
  swiGlu(gate: X, up: X): X;
  add(a: X, b: X): X;
}

/**
 * The Llama decoder (Touvron et al. 2023, section 2.2, https://arxiv.org/abs/2302.13971), up to its last norm.
 *
 * @returns hidden states [N, D]
 */
export function decoder<X>(ops: DecoderOps<X>, config: ModelConfig): X {
  let x = ops.embedding('model.embed_tokens.weight'); // [N, D]
  for (let layer = 0; layer < config.layers; layer++) {
    const at = `model.layers.${layer}`;

    const h = ops.norm(x, `${at}.input_layernorm.weight`); // [N, D]
    const q = ops.linear(h, `${at}.self_attn.q_proj.weight`); // [N, H·Dh]
    const k = ops.linear(h, `${at}.self_attn.k_proj.weight`); // [N, Hkv·Dh]
    const v = ops.linear(h, `${at}.self_attn.v_proj.weight`); // [N, Hkv·Dh]
    const attended = ops.attention(layer, q, k, v); // [N, H·Dh]
    x = ops.add(x, ops.linear(attended, `${at}.self_attn.o_proj.weight`)); // [N, D]

    const m = ops.norm(x, `${at}.post_attention_layernorm.weight`); // [N, D]
    const gate = ops.linear(m, `${at}.mlp.gate_proj.weight`); // [N, F]
    const up = ops.linear(m, `${at}.mlp.up_proj.weight`); // [N, F]
    x = ops.add(x, ops.linear(ops.swiGlu(gate, up), `${at}.mlp.down_proj.weight`)); // [N, D]
  }
  return ops.norm(x, 'model.norm.weight'); // [N, D]
}

/** The weight of the output layer, logits = hidden Wᵀ. */
export function outputWeight(config: ModelConfig): string {
  return config.tiedEmbeddings ? 'model.embed_tokens.weight' : 'lm_head.weight';
}
