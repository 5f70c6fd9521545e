import { type Kernels, rotaryTables } from '@grpo/tensor';
import type { Rope } from '../architectures/architecture.js';

/** How far heads turn at the positions of a pass. [rows, turned] each */
export interface Turns {
  readonly cos: Float32Array;
  readonly sin: Float32Array;
  /** Numbers of a head that turn. */
  readonly turned: number;
}

/** Positions that a table begins with. */
const FIRST = 256;

/**
 * Cosines and sines for the positions of each pass, taken from a table that grows with the longest sequence.
 *
 * @returns a function that is called once per pass; what it gave before is overwritten
 */
export function ropeTables(
  kernels: Kernels,
  { frequencies, factor }: Rope,
): (positions: Int32Array, rows: number) => Turns {
  const turned = 2 * frequencies.length;
  let table: Omit<Turns, 'turned'> = { cos: new Float32Array(), sin: new Float32Array() };
  let turns: Turns = { ...table, turned };
  return (positions, rows) => {
    let longest = 0;
    for (let row = 0; row < rows; row++) longest = Math.max(longest, positions[row]);
    if ((longest + 1) * turned > table.cos.length) {
      const length = Math.max(FIRST, 2 * longest);
      const all = Int32Array.from({ length }, (_, position) => position);
      table = rotaryTables(all, frequencies, factor);
    }
    if (turns.cos.length < rows * turned) {
      const [cos, sin] = [new Float32Array(rows * turned), new Float32Array(rows * turned)];
      turns = { cos, sin, turned };
    }
    const length = table.cos.length / turned;
    kernels.gatherRows(turns.cos, table.cos, positions, rows, length, turned);
    kernels.gatherRows(turns.sin, table.sin, positions, rows, length, turned);
    return turns;
  };
}
