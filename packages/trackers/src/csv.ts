import { open, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { appendAt } from './append-at.js';
import { SinkStateLost } from './sink-failure.js';
import type { Point, Sink, SinkState } from './types.js';

const FILE = 'metrics.csv';

/** A table in memory. */
interface Table {
  readonly columns: readonly string[];
  /** [rows][columns] as text. */
  readonly rows: readonly (readonly string[])[];
}

/**
 * `metrics.csv` in the run's folder: a row per step, a column per metric, an empty cell where a step has no value.
 * A metric that appears later becomes a column: the file is written anew, aside, and renamed. Steps that a resumed run
 * writes again replace the old ones. Numbers are written in full.
 * Source: RFC 4180, https://www.rfc-editor.org/rfc/rfc4180
 */
export function csv(): Sink {
  return {
    name: 'csv',
    start: async () => ({ step: 0, bytes: 0 }),
    rewind: async (step, _, { run }) => {
      const path = join(run.folder, FILE);
      return writeTable(path, keptUpTo(await readTable(path), step), step);
    },
    write: async (given, state, { run }) => {
      const points = given.map(withColumnNames);
      const path = join(run.folder, FILE);
      const step = points.at(-1)?.step ?? Number(state.step);
      const columns = await appendableColumns(path, points, Number(state.bytes));
      if (columns !== undefined) {
        const bytes = Buffer.from(textOf(rowsOf(points, columns)));
        return { step, bytes: await appendAt(path, bytes, Number(state.bytes)) };
      }
      const old = keptUpTo(await readTable(path), Number(state.step));
      if (Number(old.rows.at(-1)?.[old.columns.indexOf('step')] ?? 0) !== state.step)
        throw new SinkStateLost(`csv: needs ${path} as it was written, and it was cut or removed.`);
      const names = points.flatMap(({ values }) => Object.keys(values));
      const all = [...new Set(['step', ...old.columns, ...names])];
      const filled = old.rows.map((row) => all.map((_, i) => row[i] ?? '')); // new columns come last
      return writeTable(path, { columns: all, rows: [...filled, ...rowsOf(points, all)] }, step);
    },
  };
}

/** The columns of the file, if it is as it was left and has one for each metric. */
async function appendableColumns(
  path: string,
  points: readonly Point[],
  bytes: number,
): Promise<readonly string[] | undefined> {
  const size = (await stat(path).catch(() => undefined))?.size;
  if (bytes === 0 || size !== bytes) return undefined;
  const [columns] = parseCsv(await firstLine(path));
  const known = new Set(columns);
  const hasAll = points.every(({ values }) => Object.keys(values).every((name) => known.has(name)));
  return hasAll ? columns : undefined;
}

async function firstLine(path: string): Promise<string> {
  const file = await open(path, 'r');
  try {
    for await (const line of file.readLines()) return `${line}\n`; // names have no line breaks: see columnName
    return '';
  } finally {
    await file.close().catch(() => {});
  }
}

async function readTable(path: string): Promise<Table> {
  const text = await readFile(path, 'utf8').catch((error) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const [columns = [], ...rows] = parseCsv(text);
  return { columns, rows };
}

async function writeTable(path: string, table: Table, step: number): Promise<SinkState> {
  const text = table.columns.length > 0 ? textOf([table.columns, ...table.rows]) : '';
  const aside = `${path}.${process.pid}`;
  await writeFile(aside, text);
  await rename(aside, path);
  return { step, bytes: Buffer.byteLength(text) };
}

function keptUpTo({ columns, rows }: Table, step: number): Table {
  const at = columns.indexOf('step');
  return { columns, rows: rows.filter((row) => row[at] !== undefined && Number(row[at]) <= step) };
}

function rowsOf(points: readonly Point[], columns: readonly string[]): string[][] {
  return points.map(({ step, values }) =>
    columns.map((name) => {
      if (name === 'step') return String(step);
      return Object.hasOwn(values, name) ? String(values[name]) : '';
    }),
  );
}

function withColumnNames(point: Point): Point {
  const entries = Object.entries(point.values).map(([name, value]) => [columnName(name), value]);
  return { ...point, values: Object.fromEntries(entries) };
}

function textOf(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => `${row.map(cell).join(',')}\n`).join('');
}

function cell(text: string): string {
  return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** On one line, and no formula: a spreadsheet takes what begins with one of = + - @ for one. */
function columnName(metric: string): string {
  const line = metric.replace(/[\r\n]+/g, ' ');
  return /^[=+@-]/.test(line) ? `'${line}` : line;
}

/** Rows of a file that `textOf` wrote. A last row without its line break was cut short: it is left out. */
function parseCsv(text: string): string[][] {
  return text.split('\n').slice(0, -1).map(cellsOf);
}

function cellsOf(line: string): string[] {
  return [...`${line},`.matchAll(/("(?:[^"]|"")*"|[^,]*),/g)].map(([, field]) =>
    field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field,
  );
}
