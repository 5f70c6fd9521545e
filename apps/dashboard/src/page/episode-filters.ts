import type { EpisodeFilter, EpisodeOrder } from '../types.js';
import { EPISODE_ORDERS } from '../types.js';
import { fill, h, input, select } from './dom.js';

const ORDER_NAMES: Readonly<Record<EpisodeOrder, string>> = {
  newest: 'newest first',
  oldest: 'oldest first',
  best: 'highest reward first',
  worst: 'lowest reward first',
  longest: 'longest first',
};

/** The fields above the list of episodes. They are made anew only where what they offer has changed. */
export function episodeFilters(onFilter: (filter: EpisodeFilter) => void) {
  const element = h('div', { class: 'toolbar', role: 'group', 'aria-label': 'Which episodes' });
  let key = '';

  function update(
    filter: EpisodeFilter,
    outcomes: readonly string[],
    runs: readonly string[],
    run: string,
    onRun: (run: string) => void,
  ): void {
    const next = JSON.stringify([filter, outcomes, runs, run]);
    if (next === key) return;
    key = next;
    const put = (name: keyof EpisodeFilter, value: string | number | undefined) => {
      const { [name]: _, ...others } = filter;
      const isEmpty = value === undefined || value === '' || Number.isNaN(value);
      onFilter(isEmpty ? others : { ...others, [name]: value });
    };
    const number = (label: string, name: 'fromStep' | 'toStep' | 'minReward' | 'maxReward') =>
      input(
        label,
        String(filter[name] ?? ''),
        (text) => put(name, text.trim() === '' ? undefined : Number(text)),
        { type: 'number', step: 'any', class: 'short' },
      );
    const focused = document.activeElement?.closest('label')?.firstChild?.textContent;
    fill(
      element,
      runs.length > 1 &&
        select(
          'Run',
          runs.map((id) => [id, id] as const),
          run,
          onRun,
        ),
      input('Task', filter.task ?? '', (text) => put('task', text.trim()), {
        type: 'search',
        placeholder: 'any',
      }),
      number('From step', 'fromStep'),
      number('To step', 'toStep'),
      number('Least reward', 'minReward'),
      number('Most reward', 'maxReward'),
      select(
        'Outcome',
        [['', 'any'] as const, ...outcomes.map((name) => [name, name] as const)],
        filter.outcome ?? '',
        (value) => put('outcome', value),
      ),
      select(
        'Order',
        EPISODE_ORDERS.map((name) => [name, ORDER_NAMES[name]] as const),
        filter.order ?? 'newest',
        (value) => put('order', value === 'newest' ? undefined : value),
      ),
      h(
        'button',
        {
          type: 'button',
          disabled: Object.keys(filter).length === 0,
          on: { click: () => onFilter({}) },
        },
        'Clear',
      ),
    );
    for (const label of element.querySelectorAll('label')) {
      if (label.firstChild?.textContent === focused)
        label.querySelector<HTMLElement>('input, select')?.focus();
    }
  }

  return { element, update };
}
