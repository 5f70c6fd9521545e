import type { Message } from '@grpo/rewards';
import type { Dataset, Row, SkippedRow, Task } from './types.js';

/** Options of everything that makes a dataset of rows. */
export interface DatasetOptions {
  /** Changes each row before it becomes a task, for example builds `prompt` from other columns. */
  readonly map?: (row: Row) => Row;
  /** Columns that every row must have besides its prompt, such as `['answer']`. */
  readonly columns?: readonly string[];
  /** What a malformed row does: `stop` throws, `skip` leaves it out and lists it in `skipped`. */
  readonly onBadRow?: 'stop' | 'skip';
  /** A longer line of JSONL (bytes) or record of CSV (characters) is malformed. Default 16 777 216. */
  readonly maxRowLength?: number;
}

/** @throws RangeError unless it is a count */
export function maxRowLengthOf(reader: string, { maxRowLength = 1 << 24 }: DatasetOptions): number {
  if (Number.isInteger(maxRowLength) && maxRowLength >= 1) return maxRowLength;
  throw new RangeError(
    `${reader}: maxRowLength must be an integer of at least 1, got ${maxRowLength}. Leave it out for 16 MiB.`,
  );
}

/** A row that is yet to be read; `read` throws a `BadRow` where it is malformed. */
export interface RawRow {
  /** The place for people, with the whole path, such as `data/train.jsonl:12`. */
  readonly at: string;
  /** The place that names the task, such as `train.jsonl:12`. */
  readonly id: string;
  readonly read: () => unknown;
}

/** What a row needs, what it has instead, and what to do about it. */
export class BadRow extends Error {
  override readonly name = 'BadRow';
  constructor(
    readonly needs: string,
    readonly got: string,
    readonly advice: string,
  ) {
    super(`needs ${needs}, got ${got}`);
  }
}

const ROLES = ['system', 'user', 'assistant', 'tool'];

/**
 * Makes the dataset of some rows.
 *
 * @param reader name of the function that the user called, for errors
 * @param source where the rows come from, for errors
 * @throws one error for the first malformed row (unless they are skipped) or if no row is left
 */
export function collectTasks(
  reader: string,
  { name, source }: { readonly name: string; readonly source: string },
  rows: Iterable<RawRow>,
  { map = (row) => row, columns = [], onBadRow = 'stop' }: DatasetOptions = {},
): Dataset {
  const tasks: Task[] = [];
  const skipped: SkippedRow[] = [];
  for (const { at, id, read } of rows) {
    try {
      tasks.push(toTask(id, mapped(asObject(read()), map), columns));
    } catch (error) {
      if (!(error instanceof BadRow)) throw error;
      const { needs, got, advice } = error;
      if (onBadRow === 'stop') {
        throw new Error(`${reader}: needs ${needs} at ${at}, got ${got}. ${advice}`);
      }
      skipped.push({ at: id, reason: error.message });
    }
  }
  if (tasks.length === 0) {
    const none = skipped.length === 0 ? 'none' : `${skipped.length} malformed`;
    const first =
      skipped.length === 0 ? '' : ` (the first, ${skipped[0].at}, ${skipped[0].reason})`;
    throw new Error(
      `${reader}: needs at least one row, got ${none} in ${source}${first}. ` +
        'A row is an object with "prompt" or "messages".',
    );
  }
  return { name, tasks, ...(onBadRow === 'skip' && { skipped }) };
}

/** The beginning of a text of any length, for an error message. */
export function excerpt(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 80)}…`;
}

/** A JSON value for an error message. */
function shown(value: unknown): string {
  return excerpt(JSON.stringify(value) ?? String(value));
}

function asObject(value: unknown): Row {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Row;
  throw new BadRow('an object with columns', shown(value), 'Correct the row.');
}

function mapped(row: Row, map: (row: Row) => Row): Row {
  try {
    return asObject(map(row));
  } catch (error) {
    if (error instanceof BadRow) {
      throw new BadRow('a map function that returns a row', error.got, 'Correct the map function.');
    }
    const message = error instanceof Error ? error.message : String(error);
    const got = `an error from the map function, "${excerpt(message)}"`;
    throw new BadRow('a row that the map function takes', got, 'Correct the row or the function.');
  }
}

function toTask(id: string, row: Row, columns: readonly string[]): Task {
  const missing = columns.find((column) => row[column] === undefined || row[column] === null);
  if (missing !== undefined) {
    throw new BadRow(`a column "${missing}"`, columnsOf(row), 'Add the column to that row.');
  }
  return { id, messages: messagesOf(row), row };
}

function messagesOf(row: Row): readonly Message[] {
  const { prompt, messages = prompt } = row;
  if (typeof messages === 'string' && messages !== '') return [{ role: 'user', content: messages }];
  if (messages === undefined) {
    const needs = '"prompt" (a text) or "messages" (a list of { role, content })';
    throw new BadRow(needs, columnsOf(row), 'Add one of them to that row.');
  }
  if (Array.isArray(messages) && messages.length > 0 && messages.every(isMessage)) return messages;
  const column = row.messages === undefined ? 'prompt' : 'messages';
  const isList = Array.isArray(messages) && messages.length > 0;
  const wrong = isList ? messages[messages.findIndex((one) => !isMessage(one))] : messages;
  throw new BadRow(
    `a text or a list of { role, content } in the column "${column}"`,
    shown(wrong),
    `Correct the row; the roles are ${ROLES.join(', ')}, and a content is a text.`,
  );
}

function isMessage(value: unknown): value is Message {
  if (typeof value !== 'object' || value === null) return false;
  const { role, content } = value as { role?: unknown; content?: unknown };
  return typeof role === 'string' && ROLES.includes(role) && typeof content === 'string';
}

function columnsOf(row: Row): string {
  const names = Object.keys(row);
  return names.length === 0 ? 'no columns' : excerpt(`the columns ${names.join(', ')}`);
}
