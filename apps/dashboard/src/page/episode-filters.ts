import type { EpisodeFilter, EpisodeOrder } from '../types.js';
import { EPISODE_ORDERS } from '../types.js';
import { field, h, input, offer, put, select } from './dom.js';
import type { ShownRun } from './view.js';

const ORDER_NAMES: Readonly<Record<EpisodeOrder, string>> = {
  newest: 'Newest first',
  oldest: 'Oldest first',
  best: 'Highest reward',
  worst: 'Lowest reward',
  longest: 'Longest',
};

/** What the fields offer and hold. */
export interface Filtered {
  readonly filter: EpisodeFilter;
  readonly outcomes: readonly string[];
  readonly runs: readonly Pick<ShownRun, 'id' | 'name'>[];
  readonly run: string;
}

/** The fields above the list of episodes. */
export function episodeFilters(
  onFilter: (filter: EpisodeFilter) => void,
  onRun: (run: string) => void,
) {
  let filter: EpisodeFilter = {};
  const set = (name: keyof EpisodeFilter, value: string | number | undefined) => {
    const { [name]: _, ...others } = filter;
    const isEmpty = value === undefined || value === '' || Number.isNaN(value);
    onFilter(isEmpty ? others : { ...others, [name]: value });
  };
  const bound = (name: 'fromStep' | 'toStep' | 'minReward' | 'maxReward', label: string) =>
    input((text) => set(name, text.trim() === '' ? undefined : Number(text)), {
      type: 'number',
      step: 'any',
      'aria-label': label,
      placeholder: /^(from|min)/.test(name) ? 'from' : 'to',
    });
  const bounds = {
    fromStep: bound('fromStep', 'From step'),
    toStep: bound('toStep', 'To step'),
    minReward: bound('minReward', 'Least reward'),
    maxReward: bound('maxReward', 'Most reward'),
  };
  const text = h('input', {
    type: 'search',
    placeholder: 'any',
    on: { input: () => set('text', text.value.trim()) },
  });
  const run = select(onRun);
  const runField = field('Run', run);
  const outcome = select((value) => set('outcome', value));
  const order = select((value) => set('order', value === 'newest' ? undefined : value));
  const clear = h('button', { type: 'button', on: { click: () => onFilter({}) } }, 'Clear');
  const range = (label: string, from: HTMLElement, to: HTMLElement) =>
    h(
      'div',
      { class: 'field', role: 'group', 'aria-label': label },
      h('span', {}, label),
      h('span', { class: 'range' }, from, '–', to),
    );
  const element = h(
    'div',
    { class: 'toolbar', role: 'group', 'aria-label': 'Which episodes' },
    runField,
    field('Task or answer', text),
    field('Outcome', outcome),
    range('Steps', bounds.fromStep, bounds.toStep),
    range('Reward', bounds.minReward, bounds.maxReward),
    field('Order', order),
    clear,
  );

  function update(next: Filtered): void {
    filter = next.filter;
    runField.hidden = next.runs.length < 2;
    offer(
      run,
      next.runs.map(({ id, name }) => [id, name]),
      next.run,
    );
    offer(
      outcome,
      [['', 'Any'], ...next.outcomes.map((name) => [name, name] as const)],
      filter.outcome ?? '',
    );
    offer(
      order,
      EPISODE_ORDERS.map((name) => [name, ORDER_NAMES[name]]),
      filter.order ?? 'newest',
    );
    put(text, filter.text);
    for (const [name, control] of Object.entries(bounds))
      put(control, filter[name as keyof typeof bounds]);
    clear.disabled = Object.keys(filter).length === 0;
  }

  return { element, update };
}
