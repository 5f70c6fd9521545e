import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { appendAt } from '../append-at.js';
import type { RunFacts, Sink, SinkState } from '../types.js';
import {
  exitRecord,
  headerRecord,
  historyRecord,
  historyStep,
  numbered,
  runRecord,
  summaryRecord,
} from './records.js';
import { logBytes, logRecords } from './transaction-log.js';
import { runIdOf, type WandbOptions, wandbTarget } from './wandb-target.js';

/**
 * A run folder that `wandb sync` uploads, in the run's folder under `wandb`. Where a resumed run wrote steps again, the
 * file is cut back, so that it holds each step once; what was uploaded before stays as it was there.
 */
export function wandbOffline(options: WandbOptions = {}): Sink {
  const target = wandbTarget(options);
  return {
    name: 'wandb',
    start: async () => ({ bytes: 0, records: 0 }),
    write: async (points, state, { run }) => {
      const last = points.at(-1);
      const records = points.map((point) => historyRecord(point, run));
      if (last !== undefined) records.push(summaryRecord(last, run));
      if (state.bytes === 0)
        records.unshift(headerRecord(), runRecord({ id: runIdOf(run), ...target }, run));
      return append(run, records, state);
    },
    rewind: async (step, state, { run }) => {
      const bytes = await readFile(pathOf(run)).catch(() => Buffer.alloc(0));
      const records = logRecords(bytes.subarray(0, Number(state.bytes)));
      const kept = records.findIndex(({ record }) => (historyStep(record) ?? 0) > step);
      return kept < 0 ? state : { bytes: records[kept].start, records: kept };
    },
    // The exit stands behind the end that counts: a run that goes on writes over it.
    finish: async (status, state, { run }) => {
      await append(run, [exitRecord(status === 'finished' ? 0 : 1)], state);
      return state;
    },
  };
}

async function append(
  run: RunFacts,
  records: readonly Uint8Array[],
  state: SinkState,
): Promise<SinkState> {
  const [length, count] = [Number(state.bytes), Number(state.records)];
  const named = records.map((record, i) => numbered(record, count + i + 1, runIdOf(run)));
  const bytes = await appendAt(pathOf(run), logBytes(named, length), length);
  return { bytes, records: count + records.length };
}

function pathOf(run: RunFacts): string {
  const id = runIdOf(run);
  const time = new Date(run.startedMs)
    .toISOString()
    .replace(/[-:]|\..*$/g, '')
    .replace('T', '_');
  return join(run.folder, 'wandb', `offline-run-${time}-${id}`, `run-${id}.wandb`);
}
