import type { InitialWeight, ModelConfig } from './architecture.js';
import type { Fields } from './fields.js';

/** What the three Gemmas take where their files say nothing. */
export const GEMMA = { headSize: 256, tiedEmbeddings: true, activation: 'geluTanh' } as const;

/** The norms around attention and around the feed-forward layer, from Gemma 2 on. */
export const FOUR_NORMS = [
  'input_layernorm',
  'post_attention_layernorm',
  'pre_feedforward_layernorm',
  'post_feedforward_layernorm',
];

/** A norm scales by 1 + w, so that it starts with w = 0. */
export function centredNorm(_config: ModelConfig, name: string): InitialWeight | undefined {
  return name.endsWith('norm.weight') ? { mean: 0, deviation: 0 } : undefined;
}

export function refuseBothWays(field: Fields): void {
  field.refuse('use_bidirectional_attention', 'a policy reads from left to right');
}

/** A cap on scores or logits: a null in the file means none. */
export function capOf(field: Fields, name: string, fallback?: number): number | undefined {
  const cap = field.number(name, field.has(name) ? undefined : fallback);
  return cap === undefined ? undefined : field.positive(name, cap);
}
