import type { RunEvent } from '../types.js';
import { askEvents } from './ask.js';
import { field, fill, h, offer, select } from './dom.js';
import { shownTime } from './format.js';
import type { ShownRun, View } from './view.js';

const LEVELS = [
  ['all', 'all events'],
  ['warning', 'warnings and errors'],
  ['alarm', 'alarms'],
] as const;

/** Alarms and all else that the ticked runs report, the newest first. */
export function eventsView(): View {
  let level = 'all';
  let key = '';
  let events: readonly { readonly run: ShownRun; readonly event: RunEvent }[] = [];
  const list = h('ol', { class: 'events', 'aria-live': 'polite' });
  const choice = select((value) => {
    level = value;
    draw();
  });
  offer(choice, LEVELS, level);
  const element = h(
    'section',
    { 'aria-label': 'Events' },
    h('div', { class: 'toolbar' }, field('Show', choice)),
    list,
  );

  function draw(): void {
    const shown = events.filter(
      ({ event }) =>
        level === 'all' || (level === 'alarm' ? event.event === 'alarm' : event.level !== 'info'),
    );
    fill(
      list,
      ...shown.map(({ run, event }) =>
        h(
          'li',
          { class: `event ${event.level}` },
          h('span', { class: 'badge' }, event.event),
          h(
            'p',
            {},
            h('span', { class: 'message' }, event.message),
            h(
              'span',
              { class: 'meta' },
              h('i', { class: 'swatch', style: { '--colour': `var(${run.colour})` } }),
              `${run.id} · step ${event.step} · `,
              h('time', { datetime: event.time }, shownTime(event.time)),
            ),
          ),
        ),
      ),
      shown.length === 0 && h('li', { class: 'empty' }, 'Nothing of the kind happened.'),
    );
  }

  return {
    element,
    update: ({ runs }) => {
      const next = JSON.stringify(runs.map(({ id, events: count }) => [id, count]));
      if (next === key) return;
      key = next;
      Promise.all(runs.map(async (run) => ({ run, own: await askEvents(run.id) })))
        .then((answers) => {
          if (key !== next) return;
          events = answers
            .flatMap(({ run, own }) => own.map((event) => ({ run, event })))
            .reverse()
            .sort((a, b) => b.event.time.localeCompare(a.event.time));
          draw();
        })
        .catch(() => {
          key = ''; // asked again at the next change
        });
    },
  };
}
