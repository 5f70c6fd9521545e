import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Point, Sink, SinkContext, SinkState } from './types.js';

export {
  type Disturbance,
  type MlflowMetric,
  type MlflowRun,
  type MlflowServer,
  mlflowServer,
} from './mlflow/mlflow-server.js';
export { type WandbServer, wandbServer } from './wandb/wandb-server.js';

/** One property that every sink has; `run` rejects where it does not hold. */
export interface SinkCheck {
  readonly name: string;
  readonly run: () => Promise<void>;
}

/** A sink under test, and what it holds. */
export interface OpenedSink {
  readonly sink: Sink;
  /** Steps in the order a reader shows them, each with its newest values. */
  read(): Promise<readonly Pick<Point, 'step' | 'values'>[]>;
  /** All bytes that it wrote or sent, as text. */
  written(): Promise<string>;
  close?(): Promise<void>;
}

export interface SinkCheckOptions {
  /** A history that only goes forward: steps that are written again stay as they were. Default false. */
  readonly isForwardOnly?: boolean;
}

const SECRET = 'do-not-write-me-0123456789';
/** Numbers that rounding or a short text would change. */
const HARD = [0.1, 1 / 3, -0.5, 1e-300, 1.7976931348623157e308, 5e-324, 2 ** 53 - 1, 1e22];

/**
 * The properties of every sink, for a test runner of your choice: it holds the numbers exactly; a call that comes twice
 * leaves one copy; a run that goes back, or on after its end, leaves each step once; names are any text.
 *
 * @param open a fresh sink for a run in this folder
 * @example test.each(sinkChecks(open).map((check) => [check.name, check.run]))('%s', (_, run) => run())
 */
export function sinkChecks(
  open: (folder: string) => Promise<OpenedSink>,
  { isForwardOnly = false }: SinkCheckOptions = {},
): readonly SinkCheck[] {
  const check = (
    name: string,
    run: (opened: OpenedSink, context: SinkContext) => Promise<void>,
  ) => ({
    name,
    run: () => inFolder(open, run),
  });
  return [
    check('it gives back exactly the numbers it got', async ({ sink, read }, context) => {
      const points = HARD.map((value, i) => point(i + 1, { value, 'part/other': -value }));
      await sink.write(points, await sink.start(context), context);
      equal(await read(), points);
    }),
    check('a metric may come later, and may be missing', async ({ sink, read }, context) => {
      const points = [point(1, { a: 1 }), point(2, { b: 2 }), point(3, { a: 3, c: 4 })];
      let state = await sink.start(context);
      for (const one of points) state = await sink.write([one], state, context);
      equal(await read(), points);
    }),
    check('a call that comes twice leaves one copy', async ({ sink, read }, context) => {
      const points = [1, 2, 3, 4].map((step) => point(step, { a: step / 7 }));
      const started = await sink.start(context);
      const state = await sink.write(points.slice(0, 2), started, context);
      await sink.write(points.slice(2), state, context);
      await sink.write(points.slice(2), state, context);
      equal(await read(), points);
    }),
    check('a new column that is written twice leaves one copy', async ({ sink, read }, context) => {
      const points = [point(1, { a: 1 }), point(2, { a: 2, b: 3 })];
      const state = await sink.write(points.slice(0, 1), await sink.start(context), context);
      await sink.write(points.slice(1), state, context);
      await sink.write(points.slice(1), state, context);
      equal(await read(), points);
    }),
    check('a run that goes back leaves each step once', async ({ sink, read }, context) => {
      const before = [1, 2, 3, 4].map((step) => point(step, { a: step }));
      const again = [3, 4, 5].map((step) => point(step, { a: step + 0.5 }));
      let state = await sink.write(before, await sink.start(context), context);
      const back = state;
      state = await sink.rewind(2, back, context);
      state = await sink.rewind(2, back, context); // a crash may repeat it
      await sink.write(again, state, context);
      const kept = isForwardOnly ? 4 : 2;
      equal(await read(), [...before.slice(0, kept), ...again.filter(({ step }) => step > kept)]);
    }),
    check('a run that ended can go on', async ({ sink, read }, context) => {
      const points = [point(1, { a: 1 }), point(2, { a: 2 })];
      let state: SinkState = await sink.write([points[0]], await sink.start(context), context);
      state = (await sink.finish?.('stopped', state, context)) ?? state;
      state = await sink.write([points[1]], state, context);
      await sink.finish?.('finished', state, context);
      equal(await read(), points);
    }),
    check('names may be any text', async ({ sink, read }, context) => {
      const names = ['=1+1', 'a,"b"', 'two\nlines', 'ünï ✓', '__proto__', 'constructor', '-'];
      const odd = point(1, Object.fromEntries(names.map((name, i) => [name, i])));
      const state = await sink.write([odd], await sink.start(context), context);
      await sink.write([point(2, { a: 1 })], state, context);
      const [first, second] = await read();
      const numbers = Object.values(first.values).sort((a, b) => a - b);
      equal(
        numbers,
        names.map((_, i) => i),
      );
      equal(second, point(2, { a: 1 }));
    }),
    check('no secret is written', async ({ sink, written }, context) => {
      const state = await sink.write([point(1, { a: 1 })], await sink.start(context), context);
      await sink.finish?.('finished', state, context);
      if ((await written()).includes(SECRET)) throw new Error('The sink wrote a secret.');
    }),
  ];
}

/** The environment that sinks under test get their secrets from. */
export const TEST_ENV = {
  WANDB_API_KEY: SECRET,
  MLFLOW_TRACKING_TOKEN: SECRET,
} as const;

async function inFolder(
  open: (folder: string) => Promise<OpenedSink>,
  run: (opened: OpenedSink, context: SinkContext) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'grpo-sink-'));
  const facts = { id: '0123456789abcdef0123456789abcdef', name: 'first', folder };
  const config = { learningRate: 1e-6, rewards: [{ name: 'length' }] };
  const opened = await open(folder);
  try {
    await run(opened, {
      run: { ...facts, startedMs: 1_700_000_000_123, config },
      signal: new AbortController().signal,
    });
  } finally {
    await opened.close?.();
    await rm(folder, { recursive: true, force: true });
  }
}

function point(step: number, values: Readonly<Record<string, number>>): Point {
  return { step, timeMs: 1_700_000_000_123 + 1000 * step, values };
}

/** Points are compared by step and values, whatever the order of the names. */
function equal(got: unknown, expected: unknown): void {
  const [left, right] = [shown(got), shown(expected)];
  if (left !== right) throw new Error(`The sink holds ${left}, expected ${right}.`);
}

function shown(value: unknown): string {
  return JSON.stringify(value, (key, inner: unknown) => {
    if (key === 'timeMs') return undefined;
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
