import type { DecodeEngine } from '../types.js';
import type { NextToken } from './next-token.js';
import { plainTemperature, type Row } from './row.js';

/** A row whose next token is to be drawn. */
export interface AskedToken {
  readonly row: Row;
  /** Of all rows of a pass, [rows, V]. */
  readonly logits: Float32Array;
  /** Which of them is the row's. */
  readonly at: number;
  /** The row's draw, from [0, 1). */
  readonly uniform: number;
}

/** What the engine draws at once: plain rows. Undefined for all others, and where logits are not finite. */
export function drawTokens<Batch>(
  engine: DecodeEngine<Batch>,
  asked: readonly AskedToken[],
): (NextToken | undefined)[] {
  const tokens = new Array<NextToken | undefined>(asked.length);
  for (const logits of engine.draw ? new Set(asked.map((one) => one.logits)) : []) {
    const places: number[] = [];
    const draws = asked.flatMap((one, i) => {
      const temperature = one.logits === logits ? plainTemperature(one.row) : undefined;
      if (temperature === undefined) return [];
      places.push(i);
      return [{ row: one.at, temperature, uniform: one.uniform }];
    });
    if (draws.length === 0) continue;
    const drawn = engine.draw?.(logits, draws);
    for (const [n, place] of places.entries()) {
      const [id = -1, logProb = 0] = [drawn?.ids[n], drawn?.logProbs[n]];
      if (id >= 0) tokens[place] = { id, logProb, sampledLogProb: logProb };
    }
  }
  return tokens;
}
