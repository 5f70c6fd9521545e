import { basename } from 'node:path';
import {
  BadRow,
  collectTasks,
  type DatasetOptions,
  excerpt,
  maxRowLengthOf,
  type RawRow,
} from './collect-tasks.js';
import { readText } from './read-text-file.js';
import type { Dataset } from './types.js';

/** Options of `readCsv`. */
export interface CsvOptions extends DatasetOptions {
  /** One character. Default `,`. */
  readonly delimiter?: string;
}

/**
 * Reads tasks from a CSV file (RFC 4180): the first line names the columns, a field in double quotes
 * may hold the delimiter, line breaks and doubled quotes. All values are texts. Blank lines are
 * passed over; a byte order mark and CRLF do no harm.
 *
 * @returns tasks named after file and the line where they begin, such as `train.csv:12`
 * @throws one error that names the file, and the line where one is at fault
 * @example
 * readCsv('data/train.tsv', { delimiter: '\t', map: ({ question }) => ({ prompt: question }) });
 */
export function readCsv(path: string, { delimiter = ',', ...options }: CsvOptions = {}): Dataset {
  if (delimiter.length !== 1 || delimiter === '"' || delimiter === '\n' || delimiter === '\r') {
    throw new RangeError(
      `readCsv: delimiter must be one character other than a quote or a line break, ` +
        `got ${JSON.stringify(delimiter)}. Use ",", ";" or "\\t".`,
    );
  }
  const name = basename(path);
  const lines = records(readText('readCsv', path), delimiter);
  const maxLength = maxRowLengthOf('readCsv', options);
  const rows = rowsOf(lines, path, name, maxLength);
  return collectTasks('readCsv', { name, source: path }, rows, options);
}

/** The fields that begin on one line, or what is wrong with them. */
interface CsvRecord {
  readonly line: number;
  readonly fields: readonly string[];
  /** In characters. */
  readonly length: number;
  readonly fault?: BadRow;
}

function* rowsOf(
  lines: Iterable<CsvRecord>,
  path: string,
  name: string,
  maxLength: number,
): Generator<RawRow> {
  let columns: readonly string[] | undefined;
  for (const { line, fields, length, fault } of lines) {
    if (columns === undefined) {
      columns = checkedColumns(fields, fault, `${path}:${line}`);
      continue;
    }
    const names = columns;
    const read = () => {
      if (fault !== undefined) throw fault;
      if (length > maxLength) {
        throw new BadRow(
          `a record of at most ${maxLength} characters`,
          `${length}`,
          'Correct the record, or raise maxRowLength; an odd quote makes one record of many lines.',
        );
      }
      if (fields.length !== names.length) {
        throw new BadRow(
          `${names.length} fields`,
          `${fields.length}, ${excerpt(JSON.stringify(fields))}`,
          'Correct the line; quote fields that hold the delimiter or a line break.',
        );
      }
      return Object.fromEntries(names.map((column, i) => [column, fields[i]]));
    };
    yield { at: `${path}:${line}`, id: `${name}:${line}`, read };
  }
}

function checkedColumns(
  columns: readonly string[],
  fault: BadRow | undefined,
  at: string,
): readonly string[] {
  if (fault === undefined && new Set(columns).size === columns.length && !columns.includes('')) {
    return columns;
  }
  throw new Error(
    `readCsv: needs different names of columns at ${at}, got ${excerpt(JSON.stringify(columns))}. ` +
      'The first line names the columns.',
  );
}

/** Cuts a text into records; never throws, so that one bad line can be skipped. */
function* records(text: string, delimiter: string): Generator<CsvRecord> {
  let [at, line] = [0, 1];
  while (at < text.length) {
    const [begin, from] = [line, at];
    const fields: string[] = [];
    let fault: BadRow | undefined;
    for (let isLast = false; !isLast; ) {
      const field = text[at] === '"' ? quoted(text, at, delimiter) : plain(text, at, delimiter);
      fields.push(field.value);
      fault ??= field.fault;
      line += field.breaks;
      isLast = text[field.end] !== delimiter;
      at = field.end + 1;
    }
    if (text[at - 1] === '\r' && text[at] === '\n') at++;
    line++;
    const isBlank = fields.length === 1 && fields[0].trim() === '' && fault === undefined;
    if (!isBlank) yield { line: begin, fields, length: at - from, ...(fault && { fault }) };
  }
}

/** One field; `end` is the place of the delimiter or line break behind it, or of the text's end. */
interface Field {
  readonly value: string;
  readonly end: number;
  /** Line breaks within. */
  readonly breaks: number;
  readonly fault?: BadRow;
}

function plain(text: string, start: number, delimiter: string): Field {
  let end = start;
  while (end < text.length && text[end] !== delimiter && !isBreak(text[end])) end++;
  return { value: text.slice(start, end), end, breaks: 0 };
}

function quoted(text: string, start: number, delimiter: string): Field {
  let close = text.indexOf('"', start + 1);
  while (close !== -1 && text[close + 1] === '"') close = text.indexOf('"', close + 2);
  if (close === -1) {
    const got = excerpt(text.slice(start));
    const fault = new BadRow('a quote at the end of a quoted field', got, 'Close the quote.');
    return { value: '', end: text.length, breaks: 0, fault };
  }
  const value = text.slice(start + 1, close).replaceAll('""', '"');
  const breaks = value.match(/\r\n|\n|\r/g)?.length ?? 0;
  const rest = plain(text, close + 1, delimiter);
  if (rest.value.trim() === '') return { value, end: rest.end, breaks };
  const got = excerpt(text.slice(start, rest.end));
  const fault = new BadRow('nothing after a closing quote', got, 'Double quotes inside a field.');
  return { value, end: rest.end, breaks, fault };
}

function isBreak(character: string): boolean {
  return character === '\n' || character === '\r';
}
