import { basename } from 'node:path';
import { collectTasks, type DatasetOptions } from './collect-tasks.js';
import { readText } from './read-text-file.js';
import type { Dataset } from './types.js';

/**
 * Reads tasks from a JSON file that holds one list of rows. A row is as in `readJsonl`.
 *
 * @returns tasks named after file and place, such as `train.json[12]`, counted from 0
 * @throws one error that names the file, and the place where a row is at fault
 * @example
 * readJson('data/train.json', { columns: ['answer'] });
 */
export function readJson(path: string, options: DatasetOptions = {}): Dataset {
  const name = basename(path);
  const rows = listOf(path).map((row, i) => ({
    at: `${path}[${i}]`,
    id: `${name}[${i}]`,
    read: () => row,
  }));
  return collectTasks('readJson', { name, source: path }, rows, options);
}

function listOf(path: string): unknown[] {
  const text = readText('readJson', path);
  let rows: unknown;
  try {
    rows = JSON.parse(text);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new Error(
      `readJson: needs JSON, got ${message} in ${path}. ` +
        'Correct the file; one object per line is read by readJsonl.',
    );
  }
  if (Array.isArray(rows)) return rows;
  throw new Error(
    `readJson: needs a list of rows, got ${rows === null ? 'null' : `a JSON ${typeof rows}`} in ` +
      `${path}. Put the rows between [ and ].`,
  );
}
