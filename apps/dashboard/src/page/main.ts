/** The page: it keeps the view in the address, follows the runs, and hands both to the view that is open. */
import type { RunSummary } from '../types.js';
import { follow } from './ask.js';
import { configView } from './config-view.js';
import { curvesView } from './curves-view.js';
import { fill, h } from './dom.js';
import { episodesView } from './episodes-view.js';
import { eventsView } from './events-view.js';
import { runsPanel } from './runs-panel.js';
import { shortNames } from './short-names.js';
import type { Drawn, Go, ShownRun, View } from './view.js';
import { changed, readState, VIEW_NAMES, type ViewName, writeState } from './view-state.js';

const RUN_COLOURS = 8;
const TITLES: Readonly<Record<ViewName, string>> = {
  curves: 'Curves',
  episodes: 'Episodes',
  config: 'Configuration',
  events: 'Events',
};
const THEMES = ['auto', 'light', 'dark'] as const;
const THEME_SIGNS = { auto: '◐', light: '☀', dark: '☾' } as const;
/** How often the list of runs tells anew how long ago they wrote. */
const CLOCK_MS = 10_000;
const THEME_KEY = 'grpo-theme';

let state = readState(location.search);
const known = new Map<string, RunSummary>();

const go: Go = (change, isStep = false) => {
  const next = changed(state, change);
  const query = writeState(next);
  if (query !== writeState(state)) {
    if (isStep) history.pushState(null, '', `/${query}`);
    else history.replaceState(null, '', `/${query}`);
  }
  state = next;
  draw();
};

const makers: Readonly<Record<ViewName, () => View>> = {
  curves: () => curvesView(go),
  episodes: () => episodesView(go),
  config: () => configView(go),
  events: () => eventsView(go),
};
const views = new Map<ViewName, View>();
const main = byId('main');
const tabs = byId('views');
const panel = runsPanel(byId('runs'), go);

function draw(): void {
  const drawn = drawnNow();
  const view = views.get(state.view) ?? makers[state.view]();
  views.set(state.view, view);
  if (main.firstChild !== view.element) main.replaceChildren(view.element);
  drawTabs(drawn);
  panel.update(drawn);
  view.update(drawn);
  document.title = `${TITLES[state.view]} · grpo runs`;
}

function drawnNow(): Drawn {
  const sorted = [...known.values()].sort((a, b) =>
    a.id.localeCompare(b.id, undefined, { numeric: true }),
  );
  const names = shortNames(sorted.map(({ id }) => id));
  const all = sorted.map(
    (run, i): ShownRun => ({ ...run, name: names[i], colour: `--run-${i % RUN_COLOURS}` }),
  );
  const runs = all.filter(({ id }) => state.runs?.includes(id) ?? true);
  return { state, all, runs };
}

function drawTabs({ runs }: Drawn): void {
  const alarms = runs.reduce((sum, run) => sum + run.alarms, 0);
  const focused = document.activeElement?.getAttribute('data-view');
  fill(
    tabs,
    ...VIEW_NAMES.map((view) =>
      h(
        'a',
        {
          href: `/${writeState(changed(state, { view }))}`,
          'data-view': view,
          'aria-current': view === state.view ? 'page' : undefined,
          on: {
            click: (event) => {
              if ((event as MouseEvent).ctrlKey || (event as MouseEvent).metaKey) return;
              event.preventDefault();
              go({ view }, true);
            },
          },
        },
        TITLES[view],
        view === 'events' &&
          alarms > 0 &&
          h(
            'span',
            {
              class: 'badge warning',
              role: 'img',
              'aria-label': alarms === 1 ? '1 alarm' : `${alarms} alarms`,
            },
            alarms,
          ),
      ),
    ),
  );
  if (focused) tabs.querySelector<HTMLElement>(`[data-view="${focused}"]`)?.focus();
}

function setTheme(theme: (typeof THEMES)[number]): void {
  if (theme === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  localStorage.setItem(THEME_KEY, theme);
  byId('theme').textContent = THEME_SIGNS[theme];
  byId('theme').setAttribute('aria-label', `Theme: ${theme}`);
  byId('theme').title = `Theme: ${theme}`;
  draw();
}

function byId(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (!element) throw new Error(`The page has no #${id}.`);
  return element;
}

const themeNow = () => THEMES.find((theme) => theme === localStorage.getItem(THEME_KEY)) ?? 'auto';
byId('theme').addEventListener('click', () =>
  setTheme(THEMES[(THEMES.indexOf(themeNow()) + 1) % THEMES.length]),
);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
addEventListener('popstate', () => {
  state = readState(location.search);
  draw();
});

setTheme(themeNow());
setInterval(() => panel.update(drawnNow()), CLOCK_MS);
follow(
  (runs) => {
    for (const run of runs) known.set(run.id, run);
    draw();
  },
  (isLive) => {
    byId('live').textContent = isLive ? 'Live' : 'The server does not answer; trying again …';
    byId('live').classList.toggle('on', isLive);
  },
);
