import { appendJsonLines, keepJsonLinesUpTo, readJsonLines } from './json-lines.js';
import type { MetricsRecord } from './types.js';

/**
 * The records of a metrics file, one JSON object per line. A last line that a crash cut short is left out.
 *
 * @throws on any other line that is not a JSON object; the message names the file and the place
 */
export function readMetrics(path: string): MetricsRecord[] {
  return [...readJsonLines<MetricsRecord>(path)].map(({ record }) => record);
}

/** Appends one record as one line, written before the call returns. */
export function appendMetrics(path: string, record: MetricsRecord): void {
  appendJsonLines(path, [record]);
}

/** Drops the records after a step: a resumed run writes them again. */
export function keepMetricsUpTo(path: string, step: number): void {
  keepJsonLinesUpTo(path, step);
}
