import {
  gatherRows,
  reshape,
  rotary,
  rotaryTables,
  type Segments,
  segmentAttention,
  type Tensor,
  tensor,
  tidy,
} from '@grpo/tensor';
import type { DecoderOps, ModelConfig, Rope } from '../architectures/architecture.js';
import type { KnownResults } from './known-results.js';
import type { Packing } from './packing.js';
import { attentionOf, logSumsOf } from './token-trace.js';

/**
 * Rotary positions and causal attention over rows as they stand, for the backend that has `segmentAttention`: neither
 * padding, masks nor heads laid out anew.
 *
 * @param positions [N] the position of each row in its sequence
 * @param hold is given each table, to keep it as long as layers may be computed again
 * @param known what need not be computed
 */
export function segmentedAttention(
  { headSize, attention }: ModelConfig,
  segments: Segments,
  positions: Int32Array,
  hold: (constant: Tensor) => Tensor,
  known?: KnownResults,
): Pick<DecoderOps<Tensor>, 'rotary' | 'attention'> {
  const most = positions.reduce((a, b) => Math.max(a, b), 0);
  const places = Int32Array.from({ length: most + 1 }, (_, place) => place); // fewer than rows, and sines cost most
  const turns = new Map<Rope, readonly [cos: Tensor, sin: Tensor]>();
  for (const { rope } of attention) {
    if (rope === undefined || turns.has(rope)) continue;
    const { cos, sin } = rotaryTables(places, rope.frequencies, rope.factor);
    const ofRows = (table: Float32Array) =>
      hold(tidy(() => gatherRows(tensor(table, [places.length, 1, headSize]), positions))); // [N, 1, Dh]
    turns.set(rope, [ofRows(cos), ofRows(sin)]);
  }
  return {
    rotary: (x, rope) => {
      const turn = rope && turns.get(rope);
      if (turn === undefined) return x;
      return reshape(rotary(reshape(x, [positions.length, -1, headSize]), ...turn), x.shape); // [N, H·Dh]
    },
    attention: (layer, q, k, v, { window, scale, softcap }) => {
      const options = {
        headSize,
        scale,
        ...(softcap !== undefined && { softcap }),
        ...(window !== undefined && { window }),
      };
      const [out, logSums] = [attentionOf(layer), logSumsOf(layer)].map((name) =>
        known?.result(name),
      );
      return segmentAttention(q, k, v, segments, options, out && logSums && { out, logSums }); // [N, H·Dh]
    },
  };
}

/** Prompts see themselves; completions see their prompt and themselves. */
export function segmentsOf({ promptLengths, completionLengths, promptOf }: Packing): Segments {
  const length = Int32Array.from([...promptLengths, ...completionLengths]);
  const start = new Int32Array(length.length);
  for (let s = 1; s < start.length; s++) start[s] = start[s - 1] + length[s - 1];
  const prompts = promptLengths.length;
  const prefix = (of: (prompt: number) => number) =>
    Int32Array.from(length, (_, s) => (s < prompts ? 0 : of(promptOf[s - prompts])));
  return {
    prefixStart: prefix((prompt) => start[prompt]),
    prefixLength: prefix((prompt) => promptLengths[prompt]),
    start,
    length,
  };
}

/** Sequences of the same length, each by itself. */
export function evenSegments(sequences: number, tokens: number): Segments {
  return {
    prefixStart: new Int32Array(sequences),
    prefixLength: new Int32Array(sequences),
    start: Int32Array.from({ length: sequences }, (_, b) => b * tokens),
    length: new Int32Array(sequences).fill(tokens),
  };
}
