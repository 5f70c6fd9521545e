import type { MetricsRecord } from '../types.js';

const FIRST_ROWS = 256;

/** The metrics of a run as columns of numbers: 100 000 rows of 40 metrics take 32 MB and no objects. */
export class MetricColumns {
  readonly #columns = new Map<string, Float64Array>();
  #steps = new Float64Array(FIRST_ROWS);
  #rows = 0;

  get rows(): number {
    return this.#rows;
  }

  get lastStep(): number {
    return this.#rows === 0 ? 0 : this.#steps[this.#rows - 1];
  }

  /** Every metric that occurs, in alphabetical order. */
  get names(): string[] {
    return [...this.#columns.keys()].sort();
  }

  /** [rows] */
  get steps(): Float64Array {
    return this.#steps.subarray(0, this.#rows);
  }

  /** [rows] NaN where a row has no such metric. */
  values(name: string): Float64Array {
    const column = this.#columns.get(name);
    return column ? grown(column, this.#rows).subarray(0, this.#rows) : new Float64Array(0);
  }

  add(record: MetricsRecord): void {
    const row = this.#rows++;
    this.#steps = grown(this.#steps, this.#rows);
    this.#steps[row] = record.step;
    for (const [name, value] of Object.entries(record)) {
      if (name === 'step' || typeof value !== 'number') continue; // JSON writes NaN as null
      let column = this.#columns.get(name) ?? new Float64Array(0);
      if (column.length <= row) {
        column = grown(column, this.#rows);
        this.#columns.set(name, column);
      }
      column[row] = value;
    }
  }
}

/** The column itself where it is long enough, else a copy at least twice as long, filled up with NaN. */
function grown(column: Float64Array<ArrayBuffer>, length: number): Float64Array<ArrayBuffer>;
function grown(column: Float64Array, length: number): Float64Array;
function grown(column: Float64Array, length: number): Float64Array {
  if (column.length >= length) return column;
  const longer = new Float64Array(Math.max(length, 2 * column.length, FIRST_ROWS)).fill(Number.NaN);
  longer.set(column);
  return longer;
}
