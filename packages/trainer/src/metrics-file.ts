import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { MetricsRecord } from './types.js';

/**
 * The records of a metrics file, one JSON object per line. A last line that a crash cut short is left out.
 *
 * @throws on any other line that is not JSON; the message names the file and the line
 */
export function readMetrics(path: string): MetricsRecord[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n');
  const records: MetricsRecord[] = [];
  for (const [i, line] of lines.entries()) {
    if (line === '') continue;
    try {
      records.push(JSON.parse(line) as MetricsRecord);
    } catch {
      if (i === lines.length - 1) break;
      throw new Error(
        `readMetrics: needs one JSON object per line, got something else at ${path}:${i + 1}. Remove the line.`,
      );
    }
  }
  return records;
}

/** Appends one record as one line, written before the call returns. */
export function appendMetrics(path: string, record: MetricsRecord): void {
  appendFileSync(path, `${JSON.stringify(record)}\n`);
}

/** Drops the records after a step: a resumed run writes them again. */
export function keepMetricsUpTo(path: string, step: number): void {
  const kept = readMetrics(path).filter((record) => record.step <= step);
  writeFileSync(`${path}.writing`, kept.map((record) => `${JSON.stringify(record)}\n`).join(''), {
    flush: true,
  });
  renameSync(`${path}.writing`, path);
}
