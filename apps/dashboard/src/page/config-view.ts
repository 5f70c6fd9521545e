import type { RunConfig } from '../types.js';
import { askConfig } from './ask.js';
import { configRows } from './config-rows.js';
import { fill, h } from './dom.js';
import { shownValue } from './format.js';
import type { Drawn, Go, View } from './view.js';

/** The configurations of the ticked runs side by side. */
export function configView(go: Go): View {
  let key = '';
  let configs: readonly RunConfig[] = [];
  let drawn: Drawn | undefined;
  const only = h('input', {
    type: 'checkbox',
    on: { change: () => go({ isDifferences: only.checked }) },
  });
  const table = h('table', { class: 'config' });
  const count = h('p', { class: 'hint', role: 'status' });
  const element = h(
    'section',
    { 'aria-label': 'Configuration' },
    h('div', { class: 'toolbar' }, h('label', { class: 'check' }, only, 'Only what differs')),
    count,
    h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Settings' }, table),
  );

  function draw(): void {
    if (!drawn) return;
    const { state, runs } = drawn;
    only.checked = state.isDifferences;
    const rows = configRows(configs);
    const different = rows.filter(({ isDifferent }) => isDifferent).length;
    count.textContent =
      runs.length < 2
        ? 'Tick a second run to compare.'
        : `${different} of ${rows.length} settings differ.`;
    const shown = [
      ...rows.filter(({ isDifferent }) => isDifferent),
      ...rows.filter(({ isDifferent }) => !isDifferent && !state.isDifferences),
    ];
    fill(
      table,
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          h('th', { scope: 'col' }, 'Setting'),
          ...runs.map(({ id, name, colour }) =>
            h(
              'th',
              { scope: 'col', title: id },
              h('i', { class: 'swatch', style: { '--colour': `var(${colour})` } }),
              name,
            ),
          ),
        ),
      ),
      h(
        'tbody',
        {},
        ...shown.map(({ field, values, isDifferent }) =>
          h(
            'tr',
            { class: isDifferent ? 'different' : '' },
            h(
              'th',
              { scope: 'row' },
              field,
              isDifferent && h('span', { class: 'badge' }, 'differs'),
            ),
            ...values.map((value) => h('td', {}, shownValue(value))),
          ),
        ),
      ),
    );
  }

  return {
    element,
    update: (next) => {
      drawn = next;
      const ids = JSON.stringify(next.runs.map(({ id, step }) => [id, step > 0]));
      if (ids === key) return draw();
      key = ids;
      Promise.all(next.runs.map(({ id }) => askConfig(id)))
        .then((answers) => {
          if (key !== ids) return;
          configs = answers;
          draw();
        })
        .catch(() => {
          key = ''; // asked again at the next change
        });
    },
  };
}
