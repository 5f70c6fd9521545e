import { basename } from 'node:path';
import type { FileMetaData } from 'hyparquet';
import { collectTasks, type DatasetOptions, excerpt, type RawRow } from './collect-tasks.js';
import type { Dataset } from './types.js';

/** Codecs that hyparquet reads by itself. */
const BUILT_IN: readonly string[] = ['UNCOMPRESSED', 'SNAPPY'];

/**
 * Reads tasks from a Parquet file, one group of rows at a time. A row is as in `readJsonl`. Whole numbers that a
 * number cannot hold exactly become texts, dates ISO texts.
 *
 * The package `hyparquet` reads the file, and `hyparquet-compressors` what is compressed by anything but Snappy;
 * install them beside this one.
 *
 * @returns tasks named after file and place, such as `train.parquet[12]`, counted from 0
 * @throws one error that names the file, and the place where a row is at fault; or the package that is missing
 * @example
 * await readParquet('data/train.parquet', { map: ({ question }) => ({ prompt: question }) });
 */
export async function readParquet(path: string, options: DatasetOptions = {}): Promise<Dataset> {
  const name = basename(path);
  const rows: RawRow[] = [];
  for await (const row of rowsOf(path)) {
    const at = `[${rows.length}]`;
    rows.push({ at: `${path}${at}`, id: `${name}${at}`, read: () => row });
  }
  return collectTasks('readParquet', { name, source: path }, rows, options);
}

async function* rowsOf(path: string): AsyncGenerator<unknown> {
  const reader = await installed('hyparquet', () => import('hyparquet'));
  const file = await readable(path, 'a readable file', () => reader.asyncBufferFromFile(path));
  const metadata = await readable(path, 'a Parquet file', () => reader.parquetMetadataAsync(file));
  const needsCompressors = codecsOf(metadata).some((codec) => !BUILT_IN.includes(codec));
  const compressors = needsCompressors
    ? (await installed('hyparquet-compressors', () => import('hyparquet-compressors'))).compressors
    : {};
  let rowStart = 0;
  for (const { num_rows } of metadata.row_groups) {
    const rowEnd = rowStart + Number(num_rows);
    const range = { file, metadata, compressors, rowStart, rowEnd };
    const needs = `readable rows ${rowStart} to ${rowEnd - 1}`;
    for (const row of await readable(path, needs, () => reader.parquetReadObjects(range))) {
      yield plain(row);
    }
    rowStart = rowEnd;
  }
}

function codecsOf({ row_groups }: FileMetaData): string[] {
  return row_groups.flatMap(({ columns }) => columns.map((one) => one.meta_data?.codec ?? ''));
}

/** Values as JSON has them, so that rewards and templates need not know where a row came from. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  }
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one)]));
}

async function installed<Module>(name: string, load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (error) {
    throw new Error(
      `readParquet: needs the package ${name}, got "${messageOf(error)}". ` +
        `Install it: npm install ${name}.`,
    );
  }
}

async function readable<Value>(
  path: string,
  needs: string,
  read: () => Promise<Value>,
): Promise<Value> {
  try {
    return await read();
  } catch (error) {
    throw new Error(
      `readParquet: needs ${needs}, got "${messageOf(error)}" for ${path}. ` +
        'Check the path, and write the file again.',
    );
  }
}

function messageOf(error: unknown): string {
  return excerpt(error instanceof Error ? error.message : String(error));
}
