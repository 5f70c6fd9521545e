import {
  attention,
  concat,
  gatherRows,
  reshape,
  rotary,
  rotaryTables,
  simdKernels,
  slice,
  type Tensor,
  tensor,
  transpose,
} from '@grpo/tensor';
import type { DecoderOps, ModelConfig, Rope } from '../architectures/architecture.js';
import { HIDDEN } from './causal-attention.js';
import type { KnownResults } from './known-results.js';
import type { Packing } from './packing.js';
import { segmentedAttention, segmentsOf } from './segmented-attention.js';

/**
 * Rotary positions and causal attention over a packed batch: prompts attend to themselves, completions to their prompt
 * and to themselves. Rows are laid out in padded blocks for the products of attention alone; all other operations of a
 * decoder see packed rows. The gradient of a prompt's keys and values sums over the completions that read them.
 *
 * @param hold is given each table and mask, to keep it as long as layers may be computed again
 * @param known what need not be computed, on the backend that has results of a sampler
 */
export function packedAttention(
  config: ModelConfig,
  packing: Packing,
  hold: (constant: Tensor) => Tensor = (constant) => constant,
  known?: KnownResults,
): Pick<DecoderOps<Tensor>, 'rotary' | 'attention'> {
  if (simdKernels()) {
    return segmentedAttention(config, segmentsOf(packing), packing.positions, hold, known);
  }
  const { heads, keyValueHeads: hkv, headSize: dh } = config;
  const repeats = heads / hkv;
  const { promptLengths, completionLengths, promptOf, positions } = packing;
  const tp = Math.max(...promptLengths);
  const tc = Math.max(0, ...completionLengths);
  const [p, c] = [promptLengths.length, completionLengths.length];
  const places = placesOf(packing, tp, tc);
  const turns = new Map<Rope, readonly [cos: Tensor, sin: Tensor]>();
  const views = new Map<number | undefined, readonly [prompts: Tensor, completions: Tensor]>();
  for (const { rope, window } of config.attention) {
    if (rope && !turns.has(rope)) {
      const { cos, sin } = rotaryTables(positions, rope.frequencies, rope.factor);
      const shape = [1, positions.length, 1, 2 * rope.frequencies.length];
      turns.set(rope, [hold(tensor(cos, shape)), hold(tensor(sin, shape))]);
    }
    if (views.has(window)) continue;
    const within = window ?? Number.POSITIVE_INFINITY;
    const promptView = causalBias(tp, repeats, within);
    const completionView = completionBias(
      promptOf.map((prompt) => promptLengths[prompt]),
      tp,
      tc,
      repeats,
      within,
    );
    views.set(window, [hold(promptView), hold(completionView)]);
  }
  /** Rows of a block as heads. [B · T, count · Dh] → [B, count, T, Dh] */
  const asHeads = (x: Tensor, b: number, t: number, count: number) =>
    transpose(reshape(x, [b, t, count, dh]), [0, 2, 1, 3]);
  /** And back. [B, H, T, Dh] → [B · T, H · Dh] */
  const asRows = (x: Tensor, b: number, t: number) =>
    reshape(transpose(reshape(x, [b, heads, t, dh]), [0, 2, 1, 3]), [b * t, heads * dh]);

  return {
    rotary: (x, rope) => {
      const turn = rope && turns.get(rope);
      if (turn === undefined) return x;
      return reshape(rotary(reshape(x, [1, positions.length, -1, dh]), ...turn), x.shape); // [N, H·Dh]
    },
    attention: (_layer, q, k, v, { window, scale, softcap }) => {
      const options = softcap === undefined ? { scale } : { scale, softcap };
      const [promptView, completionView] = views.get(window) as readonly [Tensor, Tensor];
      const attend = (
        [b, t, bias]: readonly [number, number, Tensor],
        queryRows: Int32Array,
        keyRows: Int32Array,
      ) => {
        const keyPlaces = keyRows.length / b;
        const queries = asHeads(pick(q, queryRows), b, t, heads); // [B, H, T, Dh]
        const folded = reshape(queries, [b, hkv, repeats * t, dh]); // [B, Hkv, R·T, Dh]
        const keys = asHeads(pick(k, keyRows), b, keyPlaces, hkv); // [B, Hkv, S, Dh]
        const values = asHeads(pick(v, keyRows), b, keyPlaces, hkv); // [B, Hkv, S, Dh]
        return asRows(attention(folded, keys, values, bias, options), b, t); // [B·T, H·Dh]
      };
      const prompts = attend([p, tp, promptView], places.prompts, places.prompts); // [P·Tp, H·Dh]
      if (tc === 0) return pick(prompts, places.packed); // [N, H·Dh]
      const completions = attend([c, tc, completionView], places.completions, places.seen); // [C·Tc, H·Dh]
      return pick(concat([prompts, completions], 0) as Tensor, places.packed); // [N, H·Dh]
    },
  };
}

/** Which rows stand where in padded blocks; a place without a row holds row 0, and nothing sees it. */
interface Places {
  /** [P · Tp] packed rows */
  readonly prompts: Int32Array;
  /** [C · Tc] packed rows */
  readonly completions: Int32Array;
  /** [C · (Tp + Tc)] packed rows of each completion's prompt and of itself */
  readonly seen: Int32Array;
  /** [N] the place of each packed row among the blocks of prompts and completions */
  readonly packed: Int32Array;
}

function placesOf(
  { ids, promptLengths, completionLengths, promptOf }: Packing,
  tp: number,
  tc: number,
): Places {
  const prompts = new Int32Array(promptLengths.length * tp);
  const completions = new Int32Array(completionLengths.length * tc);
  const packed = new Int32Array(ids.length);
  let row = 0;
  const lay = (block: Int32Array, lengths: readonly number[], width: number, before: number) => {
    for (const [b, length] of lengths.entries()) {
      for (let t = 0; t < length; t++, row++) {
        block[b * width + t] = row;
        packed[row] = before + b * width + t;
      }
    }
  };
  lay(prompts, promptLengths, tp, 0);
  lay(completions, completionLengths, tc, prompts.length);
  const seen = new Int32Array(completionLengths.length * (tp + tc));
  for (const [c, prompt] of promptOf.entries()) {
    seen.set(prompts.subarray(prompt * tp, (prompt + 1) * tp), c * (tp + tc));
    seen.set(completions.subarray(c * tc, (c + 1) * tc), c * (tp + tc) + tp);
  }
  return { prompts, completions, seen, packed };
}

/** Rows of a tensor; a plain part of it where they follow one another. [R, D] → [n, D] */
function pick(x: Tensor, rows: Int32Array): Tensor {
  const first = rows[0] ?? 0;
  const isRun = rows.every((row, i) => row === first + i);
  if (!isRun) return gatherRows(x, rows);
  if (rows.length === x.shape[0]) return x;
  return slice(x, [first, 0], [rows.length, -1]) as Tensor;
}

/** [1, 1, R·T, T] */
function causalBias(tokens: number, repeats: number, window: number): Tensor {
  const one = Float32Array.from({ length: tokens * tokens }, (_, i) => {
    const [t, place] = [Math.floor(i / tokens), i % tokens];
    return place <= t && t - place < window ? 0 : HIDDEN;
  });
  return tensor(repeated(one, repeats), [1, 1, repeats * tokens, tokens]);
}

/** What completions see of their prompts of the given lengths, and of themselves. [C, 1, R·Tc, Tp + Tc] */
function completionBias(
  promptLengths: readonly number[],
  tp: number,
  tc: number,
  repeats: number,
  window: number,
): Tensor {
  const width = tp + tc;
  const size = tc * width;
  const bias = new Float32Array(promptLengths.length * repeats * size);
  for (const [c, length] of promptLengths.entries()) {
    const one = new Float32Array(size);
    for (let t = 0; t < tc; t++) {
      for (let place = 0; place < width; place++) {
        const position = place < tp ? place : length + place - tp;
        const isThere = place < tp ? place < length : place - tp <= t;
        one[t * width + place] = isThere && length + t - position < window ? 0 : HIDDEN;
      }
    }
    bias.set(repeated(one, repeats), c * repeats * size);
  }
  return tensor(bias, [promptLengths.length, 1, repeats * tc, width]);
}

function repeated(values: Float32Array, times: number): Float32Array {
  const all = new Float32Array(values.length * times);
  for (let r = 0; r < times; r++) all.set(values, r * values.length);
  return all;
}
