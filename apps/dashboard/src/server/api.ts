import type { EpisodeFilter, EpisodePage, Series } from '../types.js';
import { EPISODE_ORDERS } from '../types.js';
import { downsample, smooth } from './downsample.js';
import { taskHistory } from './episode-index.js';
import type { MetricColumns } from './metric-columns.js';
import type { RunReader } from './run-reader.js';
import type { RunStore } from './run-store.js';

/** What a path under `/api/` answers: a value, or undefined where there is no such thing. */
export async function answer(path: string, query: URLSearchParams, store: RunStore) {
  if (path === '/api/runs') {
    await store.refreshFor();
    return store.summaries();
  }
  const run = store.run(query.get('run') ?? '');
  const ask = Object.hasOwn(QUESTIONS, path) ? QUESTIONS[path] : undefined;
  if (run === undefined || ask === undefined) return undefined;
  await store.refreshFor(run);
  return ask(run, query);
}

const MAX_BUCKETS = 2000;
const DEFAULT_BUCKETS = 300;
const MAX_PAGE = 500;
/** A curve of fewer points, such as of evaluations, is drawn as it is: smoothing would only lag behind it. */
const LEAST_SMOOTHED = 20;
/** Events are few; a run that raises an alarm at every step shows its newest. */
const MAX_EVENTS = 5000;

type Question = (run: RunReader, query: URLSearchParams) => unknown;

const QUESTIONS: Readonly<Record<string, Question | undefined>> = {
  '/api/series': (run, query) => {
    const window = {
      from: numberIn(query, 'from'),
      to: numberIn(query, 'to'),
      buckets: within(numberIn(query, 'buckets') ?? DEFAULT_BUCKETS, 10, MAX_BUCKETS),
    };
    const weight = within(numberIn(query, 'smooth') ?? 0, 0, 0.999);
    return query.getAll('metric').map((name) => seriesOf(run.metrics, name, window, weight));
  },
  '/api/events': (run) => run.events.slice(-MAX_EVENTS),
  '/api/config': (run) => run.config(),
  '/api/episodes': (run, query): EpisodePage => {
    const found = run.episodes.select(filterIn(query));
    const offset = within(Math.floor(numberIn(query, 'offset') ?? 0), 0, found.length);
    const limit = within(Math.floor(numberIn(query, 'limit') ?? 100), 1, MAX_PAGE);
    return {
      total: found.length,
      offset,
      entries: found.slice(offset, offset + limit),
      outcomes: run.episodes.outcomes,
      isComplete: run.summary().bytesLeft === 0,
    };
  },
  '/api/episode': (run, query) => run.episode(numberIn(query, 'n') ?? -1),
  '/api/task': (run, query) => taskHistory(run.episodes.entries, query.get('task') ?? ''),
};

function seriesOf(
  metrics: MetricColumns,
  metric: string,
  window: Parameters<typeof downsample>[2],
  weight: number,
): Series {
  const { steps } = metrics;
  const values = metrics.values(metric);
  const count = values.reduce((sum, value) => sum + Number(!Number.isNaN(value)), 0);
  let last = values.length - 1;
  while (last >= 0 && Number.isNaN(values[last])) last--;
  return {
    metric,
    ...downsample(steps, values, window),
    ...(weight > 0 &&
      count >= LEAST_SMOOTHED && { smoothed: downsample(steps, smooth(values, weight), window) }),
    count,
    last: last < 0 ? null : { step: steps[last], value: values[last] },
  };
}

/** The filter that a query asks for; what makes no sense is left out. */
export function filterIn(query: URLSearchParams): EpisodeFilter {
  const order = EPISODE_ORDERS.find((name) => name === query.get('order'));
  const numbers = (['fromStep', 'toStep', 'minReward', 'maxReward'] as const).flatMap((name) => {
    const value = numberIn(query, name);
    return value === undefined ? [] : [[name, value] as const];
  });
  const texts = (['text', 'task', 'group', 'outcome'] as const).flatMap((name) => {
    const value = query.get(name);
    return value === null || value === '' ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries([...numbers, ...texts]), ...(order && { order }) };
}

function numberIn(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  const value = text === null || text.trim() === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : undefined;
}

function within(value: number, least: number, greatest: number): number {
  return Math.min(greatest, Math.max(least, value));
}
