import type { TokenBatch } from '@grpo/policy';

/** A sequence of a batch that has tokens which the loss looks at. */
export interface TokenRow {
  /** Where its first token stands in [B, T]. */
  readonly start: number;
  /** [T_b] */
  readonly ids: readonly number[];
  /** [T_b − 1] 1 where the loss looks at the target. */
  readonly weights: readonly number[];
}

/**
 * The sequences that a server has something to do with. Others are left out: they teach nothing.
 *
 * @throws where sizes disagree, a first token is unmasked, or the temperature is not 1
 */
export function tokenRows(caller: string, batch: TokenBatch): TokenRow[] {
  const { shape, ids, lengths, mask, temperature = 1 } = batch;
  const [sequences, tokens] = shape;
  const size = sequences * tokens;
  if (ids.length !== size || mask.length !== size || lengths.length !== sequences) {
    throw new Error(
      `${caller}: needs ids and mask of [${sequences}, ${tokens}] and lengths of [${sequences}], got ${ids.length}, ${mask.length} and ${lengths.length} numbers.`,
    );
  }
  if (temperature !== 1) {
    throw new Error(
      `${caller}: needs the temperature 1, got ${temperature}. The server's log-probs are those at 1; set temperature to 1.`,
    );
  }
  const rows: TokenRow[] = [];
  for (const [b, length] of lengths.entries()) {
    const start = b * tokens;
    const own = mask.subarray(start, start + length);
    if (own[0] === 1) {
      throw new Error(
        `${caller}: needs mask 0 at the first token, got 1 in sequence ${b}. Nothing predicts the first token.`,
      );
    }
    if (!own.includes(1)) continue;
    rows.push({
      start,
      ids: Array.from(ids.subarray(start, start + length)),
      weights: Array.from(own.subarray(1)),
    });
  }
  return rows;
}

/**
 * Numbers of targets in the places of their tokens, 0 where the mask is 0.
 *
 * @param values [rows][T_b − 1]
 * @returns [B, T]
 */
export function scattered(
  rows: readonly TokenRow[],
  values: readonly (readonly number[])[],
  { shape: [sequences, tokens] }: TokenBatch,
): Float64Array {
  const all = new Float64Array(sequences * tokens);
  for (const [r, { start, weights }] of rows.entries()) {
    for (const [t, weight] of weights.entries()) {
      if (weight === 1) all[start + t + 1] = values[r][t];
    }
  }
  return all;
}
