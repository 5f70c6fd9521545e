import type { Fields } from './fields.js';

/** Rotary positions: how far each pair of numbers of a head turns from one token to the next. */
export interface Rope {
  /** [Dh / 2] radians per token. */
  readonly frequencies: readonly number[];
  /** Multiplies what has turned; 1 unless the positions are rescaled. */
  readonly factor: number;
}

/** How the attention of one layer looks back. */
export interface LayerAttention {
  /** The positions of queries and keys; a layer without them knows no order but causality. */
  readonly rope?: Rope | undefined;
  /** A query sees this many tokens, its own included. Default: all up to its own. */
  readonly window?: number | undefined;
  /** Multiplies the scores. */
  readonly scale: number;
  /** Keeps the scaled scores between −softcap and softcap. Default: no cap. */
  readonly softcap?: number | undefined;
}

/** The numbers that describe a decoder, whatever the spelling of its config.json. */
export interface ModelConfig {
  /** Names the architecture, as `model_type` in config.json. */
  readonly modelType: string;
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
  /** [L] */
  readonly attention: readonly LayerAttention[];
  /** What bends the feed-forward layers. */
  readonly activation: 'silu' | 'gelu' | 'geluTanh';
  readonly normEpsilon: number;
  /** Longest sequence, in tokens. */
  readonly contextLength: number;
  /** The output layer is the embedding matrix itself. */
  readonly tiedEmbeddings: boolean;
  /** Keeps the logits between −logitSoftcap and logitSoftcap. Default: no cap. */
  readonly logitSoftcap?: number | undefined;
  /** Standard deviation of random weights. */
  readonly initializerRange: number;
  /** The id that fills short sequences; its row of a random embedding is 0. */
  readonly padToken?: number | undefined;
  /** The projections of attention add a bias; which of them is the architecture's to say. */
  readonly attentionBias: boolean;
  /** The projections of the feed-forward layers add a bias. */
  readonly mlpBias: boolean;
}

/** A projection by the names of its parameters. */
export interface NamedLinear {
  readonly weight: string;
  readonly bias?: string | undefined;
}

/**
 * The operations that a decoder is described in. An engine gives them meaning: the tensor engine computes
 * them eagerly, with gradients or with a cache of keys and values; another may compile them.
 * Weights go by their names in the safetensors file. X: a value of the engine, rows [N, …].
 */
export interface DecoderOps<X> {
  /**
   * One layer, x → body(x). All weights that `body` names begin with `at` and a dot, so that an engine can forget
   * what a layer computed and compute it again for the gradient.
   */
  block(at: string, x: X, body: (x: X) => X): X;
  /** Rows of the embedding matrix for the input ids. → [N, D] */
  embedding(weight: string): X;
  /** Rows of a matrix for the positions of the input ids, counted from the first token. → [N, D] */
  positionEmbedding(weight: string): X;
  /**
   * x Wᵀ, plus b where a bias is named. [N, in] → [N, out]
   *
   * @param stored how W lies in the file: [out, in] by default, or [in, out]
   */
  linear(x: X, weight: string, bias?: string, stored?: 'out-in' | 'in-out'): X;
  /** residual + what `linear` gives. [N, out], [N, in] → [N, out] */
  addLinear(residual: X, x: X, weight: string, bias?: string, stored?: 'out-in' | 'in-out'): X;
  /** Root-mean-square norm, scaled by centre + w. [N, D] → [N, D] @param centre default 0 */
  norm(x: X, weight: string, centre?: number): X;
  /** As `norm`, of each head by itself, one weight for all of them. [N, H·Dh] → [N, H·Dh] */
  headNorm(x: X, weight: string, centre?: number): X;
  /** Layer norm with a bias. [N, D] → [N, D] */
  layerNorm(x: X, weight: string, bias: string): X;
  /** Turns each head by its position; without a rope, x itself. [N, H·Dh] → [N, H·Dh] */
  rotary(x: X, rope: Rope | undefined): X;
  /** Causal attention over heads. [N, H·Dh], [N, Hkv·Dh] twice → [N, H·Dh] */
  attention(layer: number, q: X, k: X, v: X, view: LayerAttention): X;
  /** silu(x Gᵀ) · x Uᵀ, plus a bias each where one is named. [N, in] → [N, F] @param gate G @param up U, both [F, in] */
  gatedLinear(x: X, gate: NamedLinear, up: NamedLinear): X;
  /** x · Φ(x), Φ the normal distribution function. */
  gelu(x: X): X;
  /** `gelu` by its approximation with tanh. */
  geluTanh(x: X): X;
  add(a: X, b: X): X;
  mul(a: X, b: X): X;
  /** x · factor */
  scale(x: X, factor: number): X;
  /** Columns from `start` to before `end`. [N, C] → [N, end − start] */
  columns(x: X, start: number, end: number): X;
}

/** One family of models: how its config.json is read, which weights it has, and what it computes. */
export interface Architecture {
  readonly modelType: string;
  /** @throws if a field is missing or not supported; the message names it */
  parseConfig(field: Fields, source: string): ModelConfig;
  /** The name and shape of every weight, as in the model.safetensors of Hugging Face. */
  weightShapes(config: ModelConfig): Map<string, readonly number[]>;
  /** What names begin with in the file of a whole model and lack in the file of a bare decoder, with its dot. */
  readonly prefix: string;
  /** The embedding matrix, which is also the output layer of models that tie the two. */
  readonly embeddingWeight: string;
  /** How a weight of a random model starts; undefined: as those of most models, see random-weights.ts. */
  initial?(config: ModelConfig, name: string): InitialWeight | undefined;
  /** What the names of a layer's weights begin with, such as `model.layers.0`. */
  layerName(layer: number): string;
  /** What enters the first layer. @returns [N, D] */
  embed<X>(ops: DecoderOps<X>, config: ModelConfig): X;
  /** One layer. @param at its name @param x [N, D] @returns [N, D] */
  layer<X>(ops: DecoderOps<X>, config: ModelConfig, x: X, layer: number, at: string): X;
  /** What the output layer reads. @param x [N, D] @returns hidden states [N, D] */
  lastNorm<X>(ops: DecoderOps<X>, x: X): X;
}

/** Normal around `mean` with the standard deviation `deviation`; 0 makes a constant. */
export interface InitialWeight {
  readonly mean: number;
  readonly deviation: number;
}
