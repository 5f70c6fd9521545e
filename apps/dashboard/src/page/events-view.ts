import type { RunEvent } from '../types.js';
import { askEvents } from './ask.js';
import { field, fill, h, offer, select } from './dom.js';
import { shownTime } from './format.js';
import type { Go, ShownRun, View } from './view.js';
import { START, type ViewState, writeState } from './view-state.js';

/** Steps on either side of an alarm that its link shows. */
const AROUND = 25;

const LEVELS = [
  ['all', 'all events'],
  ['warning', 'warnings and errors'],
  ['alarm', 'alarms'],
] as const;

/** Alarms and all else that the ticked runs report, the newest first. */
export function eventsView(go: Go): View {
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

  /** To the curves around a step, and to its episodes. */
  function linksOf({ id, episodeCount }: ShownRun, { step }: RunEvent): HTMLElement[] {
    const around = { from: Math.max(1, step - AROUND), to: step + AROUND };
    const filter = { fromStep: step, toStep: step };
    return [
      link('Curves around it', { view: 'curves', runs: [id], ...around }),
      ...(episodeCount > 0
        ? [link('Episodes of the step', { view: 'episodes', run: id, filter })]
        : []),
    ];
  }

  function link(text: string, change: Partial<ViewState>): HTMLElement {
    const onClick = (event: Event) => {
      if ((event as MouseEvent).ctrlKey || (event as MouseEvent).metaKey) return;
      event.preventDefault();
      go(change, true);
    };
    return h(
      'a',
      { href: `/${writeState({ ...START, ...change })}`, on: { click: onClick } },
      text,
    );
  }

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
              `${run.name} · step ${event.step} · `,
              h('time', { datetime: event.time }, shownTime(event.time)),
            ),
            event.event === 'alarm' && h('span', { class: 'links' }, ...linksOf(run, event)),
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
