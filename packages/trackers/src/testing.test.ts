import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { csv } from './csv.js';
import { mlflow } from './mlflow/mlflow.js';
import { mlflowServer } from './mlflow/mlflow-server.js';
import { readFields } from './protobuf.js';
import { tensorBoard } from './tensorboard/tensorboard.js';
import { type OpenedSink, sinkChecks, TEST_ENV } from './testing.js';
import type { Point } from './types.js';
import { logRecords } from './wandb/transaction-log.js';
import { wandbLive } from './wandb/wandb-live.js';
import { wandbOffline } from './wandb/wandb-offline.js';
import { wandbServer } from './wandb/wandb-server.js';

type Row = Pick<Point, 'step' | 'values'>;

const rows: readonly {
  readonly name: string;
  readonly isForwardOnly?: boolean;
  readonly open: (folder: string) => Promise<OpenedSink>;
}[] = [
  {
    name: 'csv',
    open: async (folder) => ({
      sink: csv(),
      read: async () => csvRows(readFileSync(join(folder, 'metrics.csv'), 'utf8')),
      written: async () => textOf(folder),
    }),
  },
  {
    name: 'tensorboard',
    open: async (folder) => ({
      sink: tensorBoard(),
      read: async () => eventRows(join(folder, 'tensorboard')),
      written: async () => textOf(folder),
    }),
  },
  {
    name: 'wandb offline',
    open: async (folder) => ({
      sink: wandbOffline({ env: TEST_ENV }),
      read: async () => wandbRows(wandbFile(folder)),
      written: async () => textOf(folder),
    }),
  },
  {
    name: 'wandb live',
    isForwardOnly: true,
    open: async (folder) => {
      const server = await wandbServer();
      return {
        sink: wandbLive({ env: { ...TEST_ENV, WANDB_BASE_URL: server.url } }),
        read: async () => server.history.map(withoutOwn),
        written: async () => textOf(folder) + JSON.stringify([server.history, server.run]),
        close: server.close,
      };
    },
  },
  {
    name: 'mlflow',
    open: async (folder) => {
      const server = await mlflowServer(TEST_ENV.MLFLOW_TRACKING_TOKEN);
      return {
        sink: mlflow({ url: server.url, env: TEST_ENV }),
        read: async () => {
          const [{ metrics }] = server.runs;
          const steps = new Map<number, Record<string, number>>();
          for (const { step, key, value } of metrics) {
            steps.set(step, { ...steps.get(step), [key]: value });
          }
          return [...steps].map(([step, values]) => ({ step, values }));
        },
        written: async () => textOf(folder) + JSON.stringify([server.runs, server.experiments]),
        close: server.close,
      };
    },
  },
];

describe.each(rows)('$name', ({ open, isForwardOnly = false }) => {
  test.each(sinkChecks(open, { isForwardOnly }).map(({ name, run }) => [name, run]))(
    '%s',
    async (_, run) => {
      await (run as () => Promise<void>)();
    },
  );
});

test('a sink that rounds, doubles or forgets is noticed', async () => {
  const bad = (change: (points: readonly Row[]) => readonly Row[]) => async () => {
    let held: readonly Row[] = [];
    return {
      sink: {
        name: 'bad',
        start: async () => ({}),
        write: async (points: readonly Point[]) => {
          held = change([...held, ...points]);
          return {};
        },
        rewind: async () => ({}),
      },
      read: async () => held,
      written: async () => '',
    };
  };
  const rounds = bad((points) =>
    points.map(({ step, values }) => ({
      step,
      values: Object.fromEntries(Object.entries(values).map(([k, v]) => [k, Math.fround(v)])),
    })),
  );
  const failed = async (open: Parameters<typeof sinkChecks>[0]) => {
    const results = await Promise.allSettled(sinkChecks(open).map(({ run }) => run()));
    return sinkChecks(open).flatMap(({ name }, i) =>
      results[i].status === 'rejected' ? [name] : [],
    );
  };
  expect(await failed(rounds)).toContain('it gives back exactly the numbers it got');
  expect(await failed(bad((points) => points))).toContain(
    'a call that comes twice leaves one copy',
  );
  expect(await failed(bad((points) => points))).toContain(
    'a run that goes back leaves each step once',
  );
});

function textOf(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n');
}

function withoutOwn(row: Readonly<Record<string, number>>): Row {
  const { _step, _timestamp, _runtime, ...values } = row;
  return { step: _step, values };
}

/** A table whose names hold quotes and commas, read by hand. */
function csvRows(text: string): Row[] {
  const [names, ...lines] = text
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(`[${quoted(line)}]`) as string[]).map(String));
  return lines.map((cells) => {
    const entries = names.flatMap((name, i) => (cells[i] === '' ? [] : [[name, Number(cells[i])]]));
    const { step, ...values } = Object.fromEntries(entries) as Record<string, number>;
    return { step, values };
  });
}

/** RFC 4180's cells as JSON strings. */
function quoted(line: string): string {
  const cells: string[] = [''];
  let isQuoted = false;
  for (let i = 0; i < line.length; i++) {
    const [character, last] = [line[i], cells.length - 1];
    if (isQuoted && character === '"' && line[i + 1] === '"') cells[last] += line[++i];
    else if (character === '"') isQuoted = !isQuoted;
    else if (character === ',' && !isQuoted) cells.push('');
    else cells[last] += character;
  }
  return cells.map((cell) => JSON.stringify(cell)).join(',');
}

/** Scalars of all event files, in the order of their names; a start voids what came before at its step or later. */
function eventRows(folder: string): Row[] {
  const steps = new Map<number, Record<string, number>>();
  for (const name of readdirSync(folder).sort()) {
    const file = readFileSync(join(folder, name));
    for (let at = 0; at < file.length; ) {
      const length = Number(file.readBigUInt64LE(at));
      const event = readFields(file.subarray(at + 12, at + 12 + length));
      at += 16 + length;
      const step = event.find(({ number }) => number === 2)?.value ?? 0;
      if (event.some(({ number }) => number === 7)) {
        for (const old of [...steps.keys()]) if (old >= step) steps.delete(old);
      }
      const summary = event.find(({ number }) => number === 5)?.bytes ?? new Uint8Array();
      for (const { bytes = new Uint8Array() } of readFields(summary)) {
        const value = readFields(bytes);
        const tag = Buffer.from(value.find(({ number }) => number === 1)?.bytes ?? []).toString();
        const tensor = readFields(value.find(({ number }) => number === 8)?.bytes ?? bytes);
        const double = tensor.find(({ number }) => number === 6)?.bytes;
        if (double === undefined) continue;
        const values = steps.get(step) ?? Object.create(null);
        steps.set(step, { ...values, [tag]: Buffer.from(double).readDoubleLE() });
      }
    }
  }
  return [...steps].map(([step, values]) => ({ step, values }));
}

function wandbFile(folder: string): Buffer {
  const place = join(folder, 'wandb');
  const [name] = readdirSync(place);
  expect(name).toBe('offline-run-20231114_221320-01234567');
  return readFileSync(join(place, name, 'run-01234567.wandb'));
}

function wandbRows(file: Buffer): Row[] {
  return logRecords(file).flatMap(({ record }) => {
    const history = readFields(record).find(({ number }) => number === 2)?.bytes;
    if (history === undefined) return [];
    const items = readFields(history).flatMap(({ number, bytes = new Uint8Array() }) => {
      if (number !== 1) return [];
      const [key, value] = readFields(bytes).map((field) => Buffer.from(field.bytes ?? []));
      return [[key.toString(), JSON.parse(value.toString()) as number]];
    });
    return [withoutOwn(Object.fromEntries(items) as Record<string, number>)];
  });
}
