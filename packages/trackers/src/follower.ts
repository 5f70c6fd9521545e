import { randomUUID } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { type Cursor, cursorPath, readCursor, writeCursor } from './cursor.js';
import { type Mark, thinned } from './marks.js';
import { hasLine, type Line, readLines } from './read-lines.js';
import { redact } from './redact.js';
import { SinkStateLost } from './sink-failure.js';
import type { Point, RunFacts, RunStatus, Sink, SinkState } from './types.js';

/** Bytes of records read at once: all that a follower holds in memory, however far it is behind. */
const BATCH = 1 << 18;

/** What one delivery did. */
export interface Delivery {
  readonly points: number;
  readonly badLines: number;
  /** Whether it came to the end of the file. */
  readonly isCaughtUp: boolean;
}

const NOTHING_NEW: Delivery = { points: 0, badLines: 0, isCaughtUp: true };

/** Hands a run's records to one sink. One call at a time; a call that throws can be repeated. */
export interface Follower {
  deliver(signal: AbortSignal): Promise<Delivery>;
  /** Says how the run ended, if the sink has started. */
  finish(status: RunStatus, signal: AbortSignal): Promise<void>;
}

/**
 * Reads metrics.jsonl on from where the sink's cursor stands. The file is the queue: what a sink has not taken stays
 * there, so that a break, of the sink or of this process, costs no record. Before every delivery it looks whether the
 * record handed over last still stands there; where a resumed run cut it off, the sink rewinds first.
 *
 * A cursor is written after each delivery. A crash between the two repeats the delivery.
 */
export function createFollower(
  folder: string,
  sink: Sink,
  { env }: { readonly env?: Readonly<Record<string, string | undefined>> } = {},
): Follower {
  if (!/^[a-z\d][a-z\d-]*$/.test(sink.name))
    throw new Error(
      `createFollower: needs a sink named by lower-case letters, digits and hyphens, got "${sink.name}". Rename it.`,
    );
  const metrics = join(folder, 'metrics.jsonl');
  const path = cursorPath(folder, sink.name);
  let held: Cursor | undefined;
  let run: RunFacts | undefined;

  return { deliver, finish };

  async function deliver(signal: AbortSignal): Promise<Delivery> {
    try {
      held ??= await readCursor(path);
      const lines = await readLines(metrics, held?.marks.at(-1)?.end ?? 0, BATCH);
      // A sink starts with the first record: by then the run has written its config.
      if (held?.state === undefined && lines.length === 0) return NOTHING_NEW;
      const { cursor, run } = await started(signal);
      // After the read, so that a cut between the two is seen.
      const kept = await standing(cursor.marks);
      if (kept.length < cursor.marks.length) {
        const step = kept.at(-1)?.step ?? 0;
        const state = await sink.rewind(step, cursor.state, { run, signal });
        const lostMs = cursor.lostMs + elapsedIn(cursor.marks) - elapsedIn(kept);
        await save({ ...cursor, lostMs, marks: kept, state });
        return { points: 0, badLines: 0, isCaughtUp: false };
      }
      if (lines.length === 0) return NOTHING_NEW;
      const { points, marks } = advance(cursor, lines);
      const state =
        points.length > 0 ? await sink.write(points, cursor.state, { run, signal }) : cursor.state;
      await save({ ...cursor, marks: thinned([...cursor.marks, ...marks]), state });
      return { points: points.length, badLines: badLinesOf(lines), isCaughtUp: false };
    } catch (error) {
      if (!(error instanceof SinkStateLost) || held === undefined) throw error;
      const { state: _, ...rest } = held;
      await save({ ...rest, lostMs: 0, marks: [] });
      return { points: 0, badLines: 0, isCaughtUp: false };
    }
  }

  async function finish(status: RunStatus, signal: AbortSignal): Promise<void> {
    held ??= await readCursor(path);
    if (held?.state === undefined || sink.finish === undefined) return;
    const { run, cursor } = await started(signal);
    await save({ ...cursor, state: await sink.finish(status, cursor.state, { run, signal }) });
  }

  /** The cursor of a sink that has started; its id is kept before the sink makes anything by it. */
  async function started(signal: AbortSignal) {
    const cursor = held ?? (await readCursor(path)) ?? (await save(await freshCursor(folder)));
    held = cursor;
    run ??= await runFacts(folder, cursor, env);
    if (cursor.state !== undefined) return { run, cursor: { ...cursor, state: cursor.state } };
    const state = await sink.start({ run, signal });
    await save({ ...cursor, state });
    return { run, cursor: { ...cursor, state } };
  }

  /** The marks that the file still holds. Records follow each other: where one stands, all before it do. */
  async function standing(marks: readonly Mark[]): Promise<readonly Mark[]> {
    for (let count = marks.length; count > 0; count--) {
      if (await hasLine(metrics, marks[count - 1])) return marks.slice(0, count);
    }
    return [];
  }

  async function save(cursor: Cursor): Promise<Cursor> {
    await writeCursor(path, cursor);
    held = cursor;
    return cursor;
  }
}

/** Records as points, and the marks that stand for them. */
function advance(cursor: Cursor, lines: readonly Line[]) {
  const points: Point[] = [];
  const marks: Mark[] = [];
  let last = cursor.marks.at(-1);
  for (const { record, start, end, hash } of lines) {
    const seconds = record?.['time/step'];
    const elapsedMs = (last?.elapsedMs ?? 0) + (typeof seconds === 'number' ? seconds * 1000 : 0);
    const step = record?.step ?? last?.step ?? 0;
    last = { count: (last?.count ?? 0) + 1, step, start, end, hash, elapsedMs };
    marks.push(last);
    if (record === undefined) continue;
    const timeMs = Math.round(cursor.startedMs + cursor.lostMs + elapsedMs);
    points.push({ step: record.step, timeMs, values: numbersOf(record) });
  }
  return { points, marks };
}

function elapsedIn(marks: readonly Mark[]): number {
  return marks.at(-1)?.elapsedMs ?? 0;
}

/** JSON has no NaN: trainers write null, and a gap is what a plot shows then. */
function numbersOf(record: Readonly<Record<string, unknown>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(record).filter(
      (entry): entry is [string, number] =>
        entry[0] !== 'step' && typeof entry[1] === 'number' && Number.isFinite(entry[1]),
    ),
  );
}

function badLinesOf(lines: readonly Line[]): number {
  return lines.filter(({ record }) => record === undefined).length;
}

async function freshCursor(folder: string): Promise<Cursor & { state?: SinkState }> {
  // Written once, when the run began.
  const config = await stat(join(folder, 'config.json')).catch(() => undefined);
  const startedMs = Math.round(config?.mtimeMs ?? Date.now());
  return { version: 1, id: randomUUID().replaceAll('-', ''), startedMs, lostMs: 0, marks: [] };
}

async function runFacts(
  folder: string,
  { id, startedMs }: Cursor,
  env: Readonly<Record<string, string | undefined>> | undefined,
): Promise<RunFacts> {
  const config = await readConfig(join(folder, 'config.json'));
  const name = basename(resolve(folder));
  return { id, name, folder, startedMs, config: redact(config, env && { env }) };
}

async function readConfig(path: string): Promise<Record<string, unknown>> {
  try {
    const config: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (typeof config === 'object' && config !== null) return config as Record<string, unknown>;
  } catch {
    // A run goes without a config: its numbers matter more.
  }
  return {};
}
