import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import {
  BadRow,
  collectTasks,
  type DatasetOptions,
  excerpt,
  maxRowLengthOf,
  type RawRow,
} from './collect-tasks.js';
import { readLines } from './read-lines.js';
import { decodeUtf8 } from './read-text-file.js';
import type { Dataset, Row } from './types.js';

/**
 * Reads tasks from a JSONL file: one JSON object per line, with `prompt` (a text) or `messages` (a
 * list of { role, content }), usually `answer`, and any other columns, which rewards see as the
 * task's row. Blank lines are passed over; a byte order mark and CRLF do no harm.
 *
 * @param options.map changes each row before it becomes a task
 * @param options.columns columns that every row must have besides its prompt
 * @param options.onBadRow `stop` (default) or `skip`
 * @param options.maxRowLength longest line, in bytes
 * @returns tasks named after file and line, such as `train.jsonl:12`
 * @throws one error that names the file, and the line where one is at fault
 * @example
 * readJsonl('data/train.jsonl', { columns: ['answer'] });
 */
export function readJsonl(path: string, options: DatasetOptions = {}): Dataset {
  const name = basename(path);
  const rows = lines(path, name, maxRowLengthOf('readJsonl', options));
  return collectTasks('readJsonl', { name, source: path }, rows, options);
}

/** Line by line, so that the file may be larger than the memory. */
function* lines(path: string, name: string, maxLength: number): Generator<RawRow> {
  for (const { line, bytes } of readLines('readJsonl', path, maxLength)) {
    const at = { at: `${path}:${line}`, id: `${name}:${line}` };
    if (bytes === undefined) {
      yield { ...at, read: () => tooLong(maxLength) };
      continue;
    }
    const text = decodeUtf8(bytes);
    if (text?.trim() === '') continue;
    yield { ...at, read: () => parsed(text) };
  }
}

function tooLong(maxLength: number): never {
  throw new BadRow(
    `a line of at most ${maxLength} bytes`,
    'a longer one',
    'Correct the line or raise maxRowLength.',
  );
}

function parsed(text: string | undefined): unknown {
  if (text === undefined) {
    throw new BadRow('UTF-8 text', 'other bytes', 'Save the file as UTF-8.');
  }
  try {
    return JSON.parse(text);
  } catch {
    const advice = 'Put one whole JSON object on each line.';
    throw new BadRow('one JSON object', excerpt(text.trim()), advice);
  }
}

/**
 * Writes one JSON object per line, whole or not at all: beside its place first, then renamed.
 * Missing folders are made.
 *
 * @throws if a row cannot be written as JSON, or the file cannot be written
 */
export async function writeJsonl(path: string, rows: readonly Row[]): Promise<void> {
  const text = rows.map((row, i) => `${spelled(row, i)}\n`).join('');
  const aside = `${path}.writing`;
  await mkdir(dirname(path), { recursive: true });
  try {
    await writeFile(aside, text, { flush: true });
    await rename(aside, path);
  } catch (error) {
    await rm(aside, { force: true });
    throw error;
  }
}

function spelled(row: Row, i: number): string {
  try {
    return JSON.stringify(row);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new Error(
      `writeJsonl: needs rows that JSON can hold, got "${message}" for row ${i}. ` +
        'Turn that value into a text or a number first.',
    );
  }
}
