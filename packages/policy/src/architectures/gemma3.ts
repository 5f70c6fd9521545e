import type { Architecture } from './architecture.js';
import { llamaNames, rotaryConfig, rotaryShapes } from './common.js';
import type { Fields } from './fields.js';
import { capOf, centredNorm, FOUR_NORMS, GEMMA, refuseBothWays } from './gemma-common.js';
import { parseRope } from './rope.js';
import { layerTypes, windowOf } from './windows.js';

/** The bases of the rotary frequencies: of layers that see all, and of those that see a window. */
const GLOBAL_THETA = 1_000_000;
const LOCAL_THETA = 10_000;

/**
 * Gemma 3, the text model (Gemma Team 2025, section 2, https://arxiv.org/abs/2503.19786): Gemma 2 with normed
 * queries and keys in place of capped scores, five layers of windows to one that sees all, and a base of rotary
 * frequencies for each kind.
 */
export const gemma3: Architecture = {
  modelType: 'gemma3_text',
  ...llamaNames,
  initial: centredNorm,

  parseConfig: (field, source) => {
    refuseBothWays(field);
    field.only('hidden_activation', 'gelu_pytorch_tanh');
    field.refuse(
      'attn_logit_softcapping',
      'transformers does not cap the scores of Gemma 3 either',
    );
    const config = rotaryConfig(field, source, { ...GEMMA, contextLength: 131_072, rope: {} });
    const interval = field.size('sliding_window_pattern', 6);
    const types = layerTypes(field, source, config.layers, (layer) =>
      (layer + 1) % interval === 0 ? 'full_attention' : 'sliding_attention',
    );
    const ropes = ropesOf(field, source, config.headSize, config.contextLength);
    const scale = 1 / Math.sqrt(field.positive('query_pre_attn_scalar', 256));
    return {
      modelType: 'gemma3_text',
      ...config,
      attention: types.map((type) => {
        return { rope: ropes[type].rope, window: windowOf(type, field, 4096), scale };
      }),
      contextLength: Math.min(...types.map((type) => ropes[type].contextLength)),
      logitSoftcap: capOf(field, 'final_logit_softcapping'),
      attentionBias: field.truth('attention_bias', false),
      mlpBias: false,
    };
  },

  weightShapes: (config) =>
    rotaryShapes(
      config,
      (projection) => config.attentionBias && projection.startsWith('self_attn.'),
      ['self_attn.q_norm', 'self_attn.k_norm'],
      FOUR_NORMS,
    ),

  embed: (ops, { hiddenSize }) =>
    ops.scale(ops.embedding('model.embed_tokens.weight'), Math.sqrt(hiddenSize)), // [N, D]

  layer: (ops, config, x, layer, at) => {
    const attentionLinear = (input: typeof x, name: string) =>
      ops.linear(input, `${name}.weight`, config.attentionBias ? `${name}.bias` : undefined);

    const view = config.attention[layer];
    const h = ops.norm(x, `${at}.input_layernorm.weight`, 1); // [N, D]
    const q = attentionLinear(h, `${at}.self_attn.q_proj`); // [N, H·Dh]
    const k = attentionLinear(h, `${at}.self_attn.k_proj`); // [N, Hkv·Dh]
    const v = attentionLinear(h, `${at}.self_attn.v_proj`); // [N, Hkv·Dh]
    const normedQ = ops.headNorm(q, `${at}.self_attn.q_norm.weight`, 1); // [N, H·Dh]
    const normedK = ops.headNorm(k, `${at}.self_attn.k_norm.weight`, 1); // [N, Hkv·Dh]
    const turnedQ = ops.rotary(normedQ, view.rope); // [N, H·Dh]
    const turnedK = ops.rotary(normedK, view.rope); // [N, Hkv·Dh]
    const attended = ops.attention(layer, turnedQ, turnedK, v, view); // [N, H·Dh]
    const o = attentionLinear(attended, `${at}.self_attn.o_proj`); // [N, D]
    const y = ops.add(x, ops.norm(o, `${at}.post_attention_layernorm.weight`, 1)); // [N, D]

    const m = ops.norm(y, `${at}.pre_feedforward_layernorm.weight`, 1); // [N, D]
    const gate = ops.linear(m, `${at}.mlp.gate_proj.weight`); // [N, F]
    const up = ops.linear(m, `${at}.mlp.up_proj.weight`); // [N, F]
    const down = ops.linear(ops.mul(ops.geluTanh(gate), up), `${at}.mlp.down_proj.weight`); // [N, D]
    return ops.add(y, ops.norm(down, `${at}.post_feedforward_layernorm.weight`, 1)); // [N, D]
  },

  lastNorm: (ops, x) => ops.norm(x, 'model.norm.weight', 1), // [N, D]
};

/**
 * The positions of both kinds of layers: `rope_parameters` with an entry for each, or, in older files, `rope_theta` and
 * `rope_scaling` for the layers that see all and `rope_local_base_freq` for the others.
 */
function ropesOf(field: Fields, source: string, headSize: number, contextLength: number) {
  const entries = field.record('rope_parameters') ?? {};
  const entry = (type: string) => (entries[type] ?? {}) as Readonly<Record<string, unknown>>;
  const global = { ...entry('full_attention'), ...field.record('rope_scaling') };
  const globalTheta = field.positive('rope_theta', GLOBAL_THETA);
  const localTheta = field.positive('rope_local_base_freq', LOCAL_THETA);
  const local = entry('sliding_attention');
  return {
    full_attention: parseRope(global, source, headSize, globalTheta, contextLength),
    sliding_attention: parseRope(local, source, headSize, localTheta, contextLength),
  };
}
