import { bytesField, readFields, textField, varintField } from '../protobuf.js';
import type { Point, RunFacts } from '../types.js';

/*
 * Messages and field numbers: https://github.com/wandb/wandb/blob/main/wandb/proto/wandb_internal.proto
 */
const RECORD = { num: 1, history: 2, summary: 3, run: 17, exit: 18, header: 21, info: 200 };
const HEADER = { version: 1, producer: 1, minConsumer: 2 };
const RUN = { id: 1, entity: 2, project: 3, config: 4, displayName: 8, startTime: 17 };
const HISTORY = { item: 1, step: 2 };
const ITEM = { key: 1, nestedKey: 2, json: 16 };
/** The oldest reader that knows these records. */
const MIN_CONSUMER = '0.16.0';

/** Where a run goes. */
export interface WandbRun {
  readonly id: string;
  readonly project: string;
  readonly entity?: string;
}

/** Opens the file. */
export function headerRecord(): Buffer {
  const version = Buffer.concat([
    textField(HEADER.producer, 'grpo'),
    textField(HEADER.minConsumer, MIN_CONSUMER),
  ]);
  return bytesField(RECORD.header, bytesField(HEADER.version, version));
}

export function runRecord({ id, project, entity }: WandbRun, run: RunFacts): Buffer {
  const config = Object.entries(run.config).map(([key, value]) =>
    bytesField(1, textField(ITEM.key, key), textField(ITEM.json, JSON.stringify(value ?? null))),
  );
  const started = Buffer.concat([
    varintField(1, Math.floor(run.startedMs / 1000)),
    varintField(2, (run.startedMs % 1000) * 1e6),
  ]);
  return bytesField(
    RECORD.run,
    textField(RUN.id, id),
    ...(entity === undefined ? [] : [textField(RUN.entity, entity)]),
    textField(RUN.project, project),
    bytesField(RUN.config, ...config),
    textField(RUN.displayName, run.name),
    bytesField(RUN.startTime, started),
  );
}

/** The numbers of one step, with W&B's own: the step, the time, and the seconds since the run began. */
export function historyRecord(point: Point, run: RunFacts): Buffer {
  const items = Object.entries(historyOf(point, run)).map(([key, value]) =>
    bytesField(HISTORY.item, item(ITEM.nestedKey, key, value)),
  );
  return bytesField(RECORD.history, ...items, bytesField(HISTORY.step, varintField(1, point.step)));
}

/** The newest numbers, as the table of runs shows them. */
export function summaryRecord(point: Point, run: RunFacts): Buffer {
  const updates = Object.entries(historyOf(point, run)).map(([key, value]) =>
    bytesField(1, item(ITEM.nestedKey, key, value)),
  );
  return bytesField(RECORD.summary, ...updates);
}

export function exitRecord(exitCode: number): Buffer {
  return bytesField(RECORD.exit, varintField(1, exitCode));
}

/** A record as it stands in the file: with its number, from 1, and its stream. */
export function numbered(record: Uint8Array, number: number, streamId: string): Buffer {
  return Buffer.concat([
    varintField(RECORD.num, number),
    record,
    bytesField(RECORD.info, textField(1, streamId)),
  ]);
}

/** The step of a history record; undefined for the others. */
export function historyStep(record: Uint8Array): number | undefined {
  const history = readFields(record).find(({ number }) => number === RECORD.history)?.bytes;
  if (history === undefined) return undefined;
  const step = readFields(history).find(({ number }) => number === HISTORY.step)?.bytes;
  return step && readFields(step)[0]?.value;
}

/** One line of a history: what a point says, and `_step`, `_timestamp` and `_runtime` in seconds. */
export function historyOf({ step, timeMs, values }: Point, run: RunFacts): Record<string, number> {
  return {
    ...values,
    _step: step,
    _timestamp: timeMs / 1000,
    _runtime: (timeMs - run.startedMs) / 1000,
  };
}

function item(field: number, key: string, value: number): Buffer {
  return Buffer.concat([textField(field, key), textField(ITEM.json, JSON.stringify(value))]);
}
