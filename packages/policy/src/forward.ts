import {
  add,
  attention,
  concat,
  gatherRows,
  type NamedTensors,
  reshape,
  rmsNorm,
  rotary,
  rotaryTables,
  swiGlu,
  type Tensor,
  tensor,
  tidy,
  transpose,
} from '@grpo/tensor';
import type { DecoderOps, ModelConfig } from './architecture.js';
import { decoder } from './decoder.js';
import { linear } from './linear.js';

/** Added to a score to hide a position: exp underflows to 0, and a row that hides everything stays finite. */
const HIDDEN = -1e9;

/** Where the rows of a forward pass stand in their sequences. */
export interface Layout {
  readonly sequences: number;
  /** New tokens per sequence; row b · tokens + t is token t of sequence b. */
  readonly tokens: number;
  readonly ids: Int32Array; // [B · T]
  /** Position of each row in its sequence, or [T] where all sequences share them. */
  readonly positions: Int32Array;
  /** Whether the query at row t of sequence b sees the key at place s, cached places first. */
  readonly visible: (sequence: number, token: number, place: number) => boolean;
  /** All sequences have the same view, so that one mask serves them all. */
  readonly sameView: boolean;
}

/** Keys and values of one layer that were computed before. [B, Hkv, S, Dh] each */
export interface LayerCache {
  readonly keys: Tensor;
  readonly values: Tensor;
}

/** Right-padded sequences from position 0: causality alone keeps the padding out of sight. */
export function causalLayout(ids: Int32Array, sequences: number, tokens: number): Layout {
  return {
    sequences,
    tokens,
    ids,
    positions: Int32Array.from({ length: tokens }, (_, t) => t),
    visible: (_sequence, token, place) => place <= token,
    sameView: true,
  };
}

/**
 * Hidden states after the last norm, for the output layer.
 *
 * @param weights by their names in the safetensors file; receive gradient
 * @param cache what earlier passes left, one entry per layer
 * @param onCache is given each layer's keys and values, the new ones appended
 * @returns [B · T, D]
 */
export function forwardHidden(
  config: ModelConfig,
  weights: NamedTensors,
  layout: Layout,
  cache: readonly LayerCache[] = [],
  onCache?: (layer: number, cache: LayerCache) => void,
): Tensor {
  const { sequences: b, tokens: t } = layout;
  const { heads, keyValueHeads: hkv, headSize: dh } = config;
  const repeats = heads / hkv;
  const past = cache[0]?.keys.shape[2] ?? 0;

  const tables = rotaryTables(layout.positions, dh, config.ropeTheta);
  const tableShape = layout.positions.length === t ? [1, 1, t, dh] : [b, 1, t, dh];
  const cos = tensor(tables.cos, tableShape);
  const sin = tensor(tables.sin, tableShape);
  const bias = visibilityBias(layout, repeats, past);

  const weight = (name: string): Tensor => {
    const found = weights[name];
    if (found === undefined)
      throw new Error(`forwardHidden: needs the weight "${name}", got none.`);
    return found;
  };
  const splitHeads = (x: Tensor, count: number) =>
    transpose(reshape(x, [b, t, count, dh]), [0, 2, 1, 3]); // [B, count, T, Dh]

  const ops: DecoderOps<Tensor> = {
    block: (_at, x, body) => body(x),
    embedding: (name) => gatherRows(weight(name), layout.ids),
    linear: (x, name, bias) =>
      linear(x, weight(name), bias === undefined ? undefined : weight(bias)), // [N, out]
    norm: (x, name) => rmsNorm(x, weight(name), config.normEpsilon),
    headNorm: (x, name) => {
      const perHead = reshape(x, [-1, dh]); // [N·H, Dh]
      return reshape(rmsNorm(perHead, weight(name), config.normEpsilon), x.shape); // [N, H·Dh]
    },
    swiGlu,
    add,
    attention: (layer, q, k, v) => {
      const rotated = rotary(splitHeads(q, heads), cos, sin); // [B, H, T, Dh]
      const queries = reshape(rotated, [b, hkv, repeats * t, dh]); // [B, Hkv, R·T, Dh]
      let keys = rotary(splitHeads(k, hkv), cos, sin); // [B, Hkv, T, Dh]
      let values = splitHeads(v, hkv); // [B, Hkv, T, Dh]
      const before = cache[layer];
      if (before !== undefined) {
        keys = concat([before.keys, keys], 2); // [B, Hkv, S + T, Dh]
        values = concat([before.values, values], 2); // [B, Hkv, S + T, Dh]
      }
      onCache?.(layer, { keys, values });
      const attended = attention(queries, keys, values, bias); // [B, Hkv, R·T, Dh]
      const perHead = reshape(attended, [b, heads, t, dh]); // [B, H, T, Dh]
      return reshape(transpose(perHead, [0, 2, 1, 3]), [b * t, heads * dh]); // [B·T, H·Dh]
    },
  };
  return decoder(ops, config); // [B·T, D]
}

/** 0 where a query sees a key, a large negative number where not. [B or 1, 1, R·T, S + T] */
function visibilityBias(layout: Layout, repeats: number, past: number): Tensor {
  const { tokens, visible } = layout;
  const sequences = layout.sameView ? 1 : layout.sequences;
  const places = past + tokens;
  const bias = new Float32Array(sequences * repeats * tokens * places);
  let at = 0;
  for (let s = 0; s < sequences; s++)
    for (let r = 0; r < repeats; r++)
      for (let t = 0; t < tokens; t++)
        for (let place = 0; place < places; place++) bias[at++] = visible(s, t, place) ? 0 : HIDDEN;
  return tensor(bias, [sequences, 1, repeats * tokens, places]);
}

/** Rows of every cached tensor, in the order given; the caller disposes of the old cache. */
export function pickCacheRows(cache: readonly LayerCache[], rows: Int32Array): LayerCache[] {
  const pick = (x: Tensor) =>
    tidy(() => {
      const [b = 0, ...rest] = x.shape;
      return reshape(gatherRows(reshape(x, [b, -1]), rows), [rows.length, ...rest]);
    });
  return cache.map(({ keys, values }) => ({ keys: pick(keys), values: pick(values) }));
}
