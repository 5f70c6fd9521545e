import { EPISODE_ORDERS, type EpisodeFilter } from '../types.js';

export type ViewName = 'curves' | 'episodes' | 'config' | 'events';

export const VIEW_NAMES: readonly ViewName[] = ['curves', 'episodes', 'config', 'events'];

/** What colours the tokens of an episode. */
export type Colouring = 'probability' | 'advantage' | 'mask' | 'none';

export const COLOURINGS: readonly Colouring[] = ['probability', 'advantage', 'mask', 'none'];

/** Everything that a link must hold so that the same view opens again. */
export interface ViewState {
  readonly view: ViewName;
  /** Runs that are shown; undefined for all. */
  readonly runs?: readonly string[];
  /** Weight of the moving average, from 0 to below 1. */
  readonly smooth: number;
  /** Steps that the curves show; undefined for all. */
  readonly from?: number;
  readonly to?: number;
  /** A part of the names of the metrics that are shown. */
  readonly metrics: string;
  /** The metric whose plot is large. */
  readonly large?: string;
  /** The run whose episodes are shown. */
  readonly run?: string;
  readonly filter: EpisodeFilter;
  /** The episode that is open. */
  readonly episode?: number;
  /** Beside the members of its group. */
  readonly isGroup: boolean;
  readonly colours: Colouring;
  /** The configuration shows differences alone. */
  readonly isDifferences: boolean;
}

export const START: ViewState = {
  view: 'curves',
  smooth: 0,
  metrics: '',
  filter: {},
  isGroup: false,
  colours: 'probability',
  isDifferences: false,
};

const NUMBERS = ['fromStep', 'toStep', 'minReward', 'maxReward'] as const;
const TEXTS = ['text', 'task', 'group', 'outcome'] as const;

/** The view that a link's query names; what makes no sense in it is as at the start. */
export function readState(query: string): ViewState {
  const given = new URLSearchParams(query);
  const number = (name: string): number | undefined => {
    const text = given.get(name) ?? '';
    return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : undefined;
  };
  const text = (name: string) => given.get(name) || undefined;
  const oneOf = <T extends string>(name: string, among: readonly T[]) =>
    among.find((one) => one === given.get(name));
  const order = oneOf('order', EPISODE_ORDERS);
  const smooth = number('smooth') ?? START.smooth;
  const episode = number('episode');
  return withoutUndefined({
    view: oneOf('view', VIEW_NAMES) ?? START.view,
    runs: given.has('runs') ? given.getAll('runs').filter((id) => id !== '') : undefined,
    smooth: smooth >= 0 && smooth < 1 ? smooth : START.smooth,
    from: number('from'),
    to: number('to'),
    metrics: text('metrics') ?? START.metrics,
    large: text('large'),
    run: text('run'),
    filter: withoutUndefined({
      ...Object.fromEntries(NUMBERS.map((name) => [name, number(name)])),
      ...Object.fromEntries(TEXTS.map((name) => [name, text(name)])),
      order,
    }) as EpisodeFilter,
    episode:
      episode !== undefined && Number.isInteger(episode) && episode >= 0 ? episode : undefined,
    isGroup: given.get('show') === 'group',
    colours: oneOf('colours', COLOURINGS) ?? START.colours,
    isDifferences: given.get('only') === 'differences',
  }) as ViewState;
}

/** The query of a link to a view; nothing stands in it that is as at the start. */
export function writeState(state: ViewState): string {
  const query = new URLSearchParams();
  const put = (name: string, value: string | number | undefined, start?: string | number) => {
    if (value !== undefined && value !== start) query.append(name, String(value));
  };
  put('view', state.view, START.view);
  if (state.runs?.length === 0) query.append('runs', '');
  for (const id of state.runs ?? []) query.append('runs', id);
  put('smooth', state.smooth, START.smooth);
  put('from', state.from);
  put('to', state.to);
  put('metrics', state.metrics, START.metrics);
  put('large', state.large);
  put('run', state.run);
  for (const [name, value] of Object.entries(state.filter)) put(name, value);
  put('episode', state.episode);
  put('show', state.isGroup ? 'group' : undefined);
  put('colours', state.colours, START.colours);
  put('only', state.isDifferences ? 'differences' : undefined);
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}

/** A change of a view; a field set to undefined goes away. */
export type Change = { readonly [K in keyof ViewState]?: ViewState[K] | undefined };

export function changed(state: ViewState, change: Change): ViewState {
  return withoutUndefined({ ...state, ...change }) as ViewState;
}

function withoutUndefined<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(value).filter(([, field]) => field !== undefined),
  ) as Partial<T>;
}
