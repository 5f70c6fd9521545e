import type {
  EpisodeDetail,
  EpisodeFilter,
  EpisodePage,
  RunConfig,
  RunEvent,
  RunSummary,
  Series,
  TaskHistory,
} from '../types.js';

type Query = readonly (readonly [name: string, value: string | number | undefined])[];

/** @throws where the server does not answer, or says that there is no such thing */
async function ask<T>(path: string, query: Query): Promise<T> {
  const given = query.flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)]],
  );
  const response = await fetch(`/api/${path}?${new URLSearchParams(given)}`);
  if (!response.ok) throw new Error((await response.text()).trim() || response.statusText);
  return (await response.json()) as T;
}

export interface SeriesWindow {
  readonly from: number | undefined;
  readonly to: number | undefined;
  readonly smooth: number;
  readonly buckets: number;
}

export const askSeries = (run: string, metrics: readonly string[], window: SeriesWindow) =>
  ask<Series[]>('series', [
    ['run', run],
    ...metrics.map((metric) => ['metric', metric] as const),
    ...Object.entries(window),
  ]);

export const askEpisodes = (run: string, filter: EpisodeFilter, offset: number, limit: number) =>
  ask<EpisodePage>('episodes', [
    ['run', run],
    ...Object.entries(filter),
    ['offset', offset],
    ['limit', limit],
  ]);

export const askEpisode = (run: string, n: number) =>
  ask<EpisodeDetail>('episode', [
    ['run', run],
    ['n', n],
  ]);

export const askTask = (run: string, task: string) =>
  ask<TaskHistory>('task', [
    ['run', run],
    ['task', task],
  ]);

export const askConfig = (run: string) => ask<RunConfig>('config', [['run', run]]);

export const askEvents = (run: string) => ask<RunEvent[]>('events', [['run', run]]);

/**
 * Is told of runs that are new or have changed, at once and from then on. A page that is out of sight listens to
 * nothing: a browser opens few streams to one server.
 */
export function follow(
  onRuns: (runs: readonly RunSummary[]) => void,
  onState: (isLive: boolean) => void,
): void {
  let stream: EventSource | undefined;
  const listen = () => {
    if (document.visibilityState === 'hidden') {
      stream?.close();
      stream = undefined;
      return;
    }
    if (stream) return;
    stream = new EventSource('/api/live');
    stream.onopen = () => onState(true);
    stream.onerror = () => onState(false);
    stream.onmessage = ({ data }) => onRuns(JSON.parse(String(data)) as RunSummary[]);
  };
  document.addEventListener('visibilitychange', listen);
  listen();
}
