import type { Fields } from './fields.js';

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
  readonly normEpsilon: number;
  readonly ropeTheta: number;
  /** Longest sequence, in tokens. */
  readonly contextLength: number;
  /** The output layer is the embedding matrix itself. */
  readonly tiedEmbeddings: boolean;
  /** Standard deviation of random weights. */
  readonly initializerRange: number;
  /** The projections of attention add a bias; which of them is the architecture's to say. */
  readonly attentionBias: boolean;
  /** The projections of the feed-forward layers add a bias. */
  readonly mlpBias: boolean;
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
  /** x Wᵀ, plus b where a bias is named. [N, in] → [N, out] */
  linear(x: X, weight: string, bias?: string): X;
  /** Root-mean-square norm. [N, D] → [N, D] */
  norm(x: X, weight: string): X;
  /** Root-mean-square norm of each head, one weight for all of them. [N, H·Dh] → [N, H·Dh] */
  headNorm(x: X, weight: string): X;
  /** Causal attention over heads with rotary positions. [N, H·Dh], [N, Hkv·Dh] twice → [N, H·Dh] */
  attention(layer: number, q: X, k: X, v: X): X;
  /** silu(gate) · up. [N, F] twice → [N, F] */
  swiGlu(gate: X, up: X): X;
  add(a: X, b: X): X;
}

/** One family of models: how its config.json is read, which weights it has, and what it computes. */
export interface Architecture {
  readonly modelType: string;
  /** @throws if a field is missing or not supported; the message names it */
  parseConfig(field: Fields, source: string): ModelConfig;
  /** The name and shape of every weight, as in the model.safetensors of Hugging Face. */
  weightShapes(config: ModelConfig): Map<string, readonly number[]>;
  /** What the names of a layer's weights begin with, such as `model.layers.0`. */
  layerName(layer: number): string;
  /** What enters the first layer. @returns [N, D] */
  embed<X>(ops: DecoderOps<X>, config: ModelConfig): X;
  /** One layer. @param at its name @param x [N, D] @returns [N, D] */
  layer<X>(ops: DecoderOps<X>, config: ModelConfig, x: X, layer: number, at: string): X;
  /** What the output layer reads. @param x [N, D] @returns hidden states [N, D] */
  lastNorm<X>(ops: DecoderOps<X>, x: X): X;
}
