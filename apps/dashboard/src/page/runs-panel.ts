import { fill, h } from './dom.js';
import { ago, shownNumber } from './format.js';
import type { Drawn, Go } from './view.js';

/** On a phone the list of runs is folded up: curves and episodes come first. */
const PHONE = '(max-width: 760px)';

/** The list of runs: which are shown, and how each stands. */
export function runsPanel(element: HTMLElement, go: Go) {
  const list = h('ul', { class: 'run-list' });
  const title = h('h2', {}, 'Runs');
  const everyone = h(
    'button',
    { type: 'button', class: 'quiet', on: { click: () => go({ runs: undefined }) } },
    'Show all',
  );
  element.append(
    h('details', { open: !matchMedia(PHONE).matches }, h('summary', {}, title), everyone, list),
  );
  let key = '';

  function update({ all, runs }: Drawn): void {
    const now = Date.now();
    const next = JSON.stringify([all, runs.map(({ id }) => id), Math.floor(now / 10_000)]);
    if (next === key) return;
    key = next;
    title.textContent =
      runs.length === all.length
        ? `Runs (${all.length})`
        : `Runs (${runs.length} of ${all.length})`;
    everyone.hidden = runs.length === all.length;
    const shown = new Set(runs.map(({ id }) => id));
    const focused = document.activeElement?.getAttribute('data-run');
    fill(
      list,
      ...all.map((run) => {
        const box = h('input', {
          type: 'checkbox',
          'data-run': run.id,
          checked: shown.has(run.id),
          on: {
            change: () => {
              const ids = all
                .map(({ id }) => id)
                .filter((id) => (id === run.id ? box.checked : shown.has(id)));
              go({ runs: ids.length === all.length ? undefined : ids });
            },
          },
        });
        const of = run.maxSteps === null ? '' : ` of ${shownNumber(run.maxSteps)}`;
        const share = run.maxSteps ? Math.min(1, run.step / run.maxSteps) : 0;
        return h(
          'li',
          {},
          h(
            'label',
            { class: 'run', style: { '--colour': `var(${run.colour})` } },
            box,
            h('i', { class: 'swatch' }),
            h('span', { class: 'run-name', title: run.id }, run.name),
            h('span', { class: `state ${run.state}` }, run.state),
            h(
              'span',
              { class: 'run-facts' },
              `step ${shownNumber(run.step)}${of}`,
              run.lastWrite > 0 && ` · ${ago(now - run.lastWrite)}`,
              run.bytesLeft > 0 && ' · reading …',
              run.alarms > 0 &&
                h(
                  'b',
                  { class: 'alarms' },
                  ` · ${run.alarms} ${run.alarms === 1 ? 'alarm' : 'alarms'}`,
                ),
              run.damagedLines > 0 && ` · ${run.damagedLines} damaged lines left out`,
            ),
            h('span', {
              class: 'bar',
              'aria-hidden': true,
              style: { '--share': `${100 * share}%` },
            }),
          ),
          all.length > 1 &&
            h(
              'button',
              {
                type: 'button',
                class: 'quiet only',
                'aria-label': `Show only ${run.id}`,
                on: { click: () => go({ runs: [run.id] }) },
              },
              'only',
            ),
        );
      }),
      all.length === 0 &&
        h('li', { class: 'empty' }, 'No runs in these folders yet. One that begins shows up here.'),
    );
    if (focused !== null && focused !== undefined)
      [...list.querySelectorAll('input')].find((b) => b.dataset.run === focused)?.focus();
  }

  return { update };
}
