import type { TokenBatch } from '../types.js';

/**
 * A batch without what nobody looks at: each prompt once, however many completions follow it, and completions without
 * padding. Rows: those of all prompts, then those of all completions. P prompts, C completions, N rows.
 */
export interface Packing {
  /** [N] */
  readonly ids: Int32Array;
  /** [N] the position of each row in its sequence. */
  readonly positions: Int32Array;
  /** [P] tokens of each prompt. */
  readonly promptLengths: readonly number[];
  /** [C] tokens of each completion that are run: all but the last that the loss looks at. */
  readonly completionLengths: readonly number[];
  /** [C] the prompt of each completion. */
  readonly promptOf: readonly number[];
  /** The row that token t of sequence b stands in; rows [b · T + t] of the batch in, rows of the packing out. */
  readonly rowsOf: (batchRows: Int32Array) => Int32Array;
}

/**
 * Packs a batch. A prompt is what stands before the first token that the loss looks at: sequences that begin with the
 * same prompt share its rows, so that its hidden states are computed once and its gradient is the sum over them.
 * Sequences that the loss does not look at are left out.
 */
export function packBatch({ ids, mask, shape: [sequences, tokens] }: TokenBatch): Packing {
  const prompts: { readonly from: number; readonly length: number }[] = [];
  const numbers = new Map<string, number>();
  const completions: {
    readonly sequence: number;
    readonly prompt: number;
    readonly end: number;
  }[] = [];
  for (let b = 0; b < sequences; b++) {
    const own = mask.subarray(b * tokens, (b + 1) * tokens);
    const first = own.indexOf(1);
    if (first < 0) continue;
    const from = b * tokens;
    const key = ids.subarray(from, from + first).join(' ');
    const known = numbers.get(key) ?? prompts.push({ from, length: first }) - 1;
    numbers.set(key, known);
    completions.push({ sequence: b, prompt: known, end: own.lastIndexOf(1) });
  }
  const promptStarts = startsOf(prompts.map(({ length }) => length));
  const completionLengths = completions.map(({ prompt, end }) => end - prompts[prompt].length);
  const firstRow = promptStarts.at(-1) ?? 0;
  const completionStarts = startsOf(completionLengths).map((start) => firstRow + start);

  const count = completionStarts.at(-1) ?? 0;
  const packedIds = new Int32Array(count);
  const positions = new Int32Array(count);
  const rowOf = new Map<number, number>(); // of the batch's rows, for completions
  const place = (row: number, batchRow: number, position: number) => {
    packedIds[row] = ids[batchRow];
    positions[row] = position;
  };
  for (const [p, { from, length }] of prompts.entries()) {
    for (let t = 0; t < length; t++) place(promptStarts[p] + t, from + t, t);
  }
  for (const [c, { sequence, prompt }] of completions.entries()) {
    const { length } = prompts[prompt];
    rowOf.set(sequence * tokens + length - 1, promptStarts[prompt] + length - 1);
    for (let i = 0; i < completionLengths[c]; i++) {
      const batchRow = sequence * tokens + length + i;
      place(completionStarts[c] + i, batchRow, length + i);
      rowOf.set(batchRow, completionStarts[c] + i);
    }
  }
  return {
    ids: packedIds,
    positions,
    promptLengths: prompts.map(({ length }) => length),
    completionLengths,
    promptOf: completions.map(({ prompt }) => prompt),
    rowsOf: (batchRows) => batchRows.map((row) => rowOf.get(row) ?? Number.NaN),
  };
}

/** Where each of a list of runs begins, and where the last one ends. */
function startsOf(lengths: readonly number[]): number[] {
  const starts = [0];
  for (const length of lengths) starts.push((starts.at(-1) ?? 0) + length);
  return starts;
}
