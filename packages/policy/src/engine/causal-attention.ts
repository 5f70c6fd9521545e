import {
  attention,
  reshape,
  rotary,
  rotaryTables,
  simdKernels,
  type Tensor,
  tensor,
  transpose,
} from '@grpo/tensor';
import type { DecoderOps, ModelConfig, Rope } from '../architectures/architecture.js';
import { attendInParts, cachedPlaces, growCache, type LayerCache } from './key-value-cache.js';
import { type Layout, positionOfEachRow } from './layout.js';
import { evenSegments, segmentedAttention } from './segmented-attention.js';

/** Added to a score to hide a position: exp underflows to 0, and a row that hides everything stays finite. */
export const HIDDEN = -1e9;

/**
 * Rotary positions and causal attention of one forward pass. The tables and masks that its layers need are made
 * here, once, so that they outlive a layer that is computed again for the gradient.
 *
 * @param cache what earlier passes left, one entry per layer
 * @param onCache is given each layer's keys and values, the new ones appended
 * @param hold is given each of the tables and masks, to keep it as long as layers may be computed again
 */
export function causalAttention(
  config: ModelConfig,
  layout: Layout,
  cache: readonly LayerCache[],
  onCache?: (layer: number, cache: LayerCache) => void,
  hold: (constant: Tensor) => Tensor = (constant) => constant,
): Pick<DecoderOps<Tensor>, 'rotary' | 'attention'> {
  const { sequences: b, tokens: t } = layout;
  if (layout.isPlain && simdKernels()) {
    return segmentedAttention(config, evenSegments(b, t), positionOfEachRow(layout), hold);
  }
  const { heads, keyValueHeads: hkv, headSize: dh } = config;
  const repeats = heads / hkv;
  const past = cachedPlaces(cache);
  const turns = new Map<Rope, readonly [cos: Tensor, sin: Tensor]>();
  const views = new Map<number | undefined, Tensor>();
  for (const { rope, window } of config.attention) {
    if (rope && !turns.has(rope)) {
      const [cos, sin] = turnOf(rope, layout);
      turns.set(rope, [hold(cos), hold(sin)]);
    }
    if (!views.has(window)) views.set(window, hold(visibilityBias(layout, repeats, past, window)));
  }
  const splitHeads = (x: Tensor, count: number) =>
    transpose(reshape(x, [b, t, count, dh]), [0, 2, 1, 3]); // [B, count, T, Dh]

  return {
    rotary: (x, rope) => {
      if (rope === undefined) return x;
      const [cos, sin] = turns.get(rope) ?? turnOf(rope, layout);
      return reshape(rotary(reshape(x, [b, t, -1, dh]), cos, sin), x.shape); // [N, H·Dh]
    },
    attention: (layer, q, k, v, { window, scale, softcap }) => {
      const bias = views.get(window) ?? visibilityBias(layout, repeats, past, window);
      const queries = reshape(splitHeads(q, heads), [b, hkv, repeats * t, dh]); // [B, Hkv, R·T, Dh]
      const keys = splitHeads(k, hkv); // [B, Hkv, T, Dh]
      const values = splitHeads(v, hkv); // [B, Hkv, T, Dh]
      const grown = growCache(cache[layer], { keys, values });
      onCache?.(layer, grown);
      const options = softcap === undefined ? { scale } : { scale, softcap };
      const attended = grown.tail
        ? attendInParts(queries, grown, grown.tail, bias, options)
        : attention(queries, grown.keys, grown.values, bias, options); // [B, Hkv, R·T, Dh]
      const perHead = reshape(attended, [b, heads, t, dh]); // [B, H, T, Dh]
      return reshape(transpose(perHead, [0, 2, 1, 3]), [b * t, heads * dh]); // [B·T, H·Dh]
    },
  };
}

/** How far the head at each place turns. [B or 1, T, 1, Dh] each */
function turnOf(rope: Rope, { positions, sequences, tokens }: Layout): readonly [Tensor, Tensor] {
  const { cos, sin } = rotaryTables(positions, rope.frequencies, rope.factor);
  const shape = [
    positions.length === tokens ? 1 : sequences,
    tokens,
    1,
    2 * rope.frequencies.length,
  ];
  return [tensor(cos, shape), tensor(sin, shape)];
}

/** 0 where a query sees a key, a large negative number where not. [B or 1, 1, R·T, S + T] */
function visibilityBias(
  layout: Layout,
  repeats: number,
  past: number,
  window = Number.POSITIVE_INFINITY,
): Tensor {
  const { tokens, visible } = layout;
  const distance = layout.distance ?? ((_sequence, token, place) => past + token - place);
  const sequences = layout.sameView ? 1 : layout.sequences;
  const places = past + tokens;
  const bias = new Float32Array(sequences * repeats * tokens * places);
  let at = 0;
  for (let s = 0; s < sequences; s++)
    for (let r = 0; r < repeats; r++)
      for (let t = 0; t < tokens; t++)
        for (let place = 0; place < places; place++)
          bias[at++] = visible(s, t, place) && distance(s, t, place) < window ? 0 : HIDDEN;
  return tensor(bias, [sequences, 1, repeats * tokens, places]);
}
