import type { RunEvent, Series } from '../types.js';
import { askEvents, askSeries } from './ask.js';
import { Chart, type Line } from './chart.js';
import { field, fill, h, input, put } from './dom.js';
import { shownNumber } from './format.js';
import { groupMetrics, type MetricGroup, metricNote } from './metric-groups.js';
import type { Drawn, Go, ShownRun, View } from './view.js';

const HEIGHT = 168;
const LARGE_HEIGHT = 420;
/** Pixels per bucket: each gives two points. */
const PIXELS = 2;
/** Wait between two loads while a run trains, in ms. */
const PAUSE_MS = 300;

interface Card {
  readonly metric: string;
  readonly chart: Chart;
  isVisible: boolean;
  /** What the chart shows: runs with their versions, window, smoothing. */
  key: string;
}

/** Curves of every metric of the ticked runs. */
export function curvesView(go: Go): View {
  const cards = new Map<string, Card>();
  const alarms = new Map<string, { count: number; steps: readonly number[] }>();
  const byElement = new Map<Element, Card>();
  let drawn: Drawn | undefined;
  let layoutKey = '';
  let isLoading = false;

  const body = h('div', { class: 'groups' });
  const cursor = h('output', { class: 'cursor', 'aria-label': 'Step under the cursor' });
  const range = { from: stepField('from', 'start'), to: stepField('to', 'end') };
  const smooth = h('input', {
    type: 'range',
    min: 0,
    max: 0.99,
    step: 0.01,
    'aria-label': 'Smoothing',
    on: { input: () => go({ smooth: Number(smooth.value) }) },
  });
  const smoothLabel = h('span', {});
  const find = h('input', {
    type: 'search',
    placeholder: 'all',
    on: { input: () => go({ metrics: find.value }) },
  });
  const reset = h(
    'button',
    { type: 'button', on: { click: () => go({ from: undefined, to: undefined }) } },
    'All steps',
  );
  const element = h(
    'section',
    { 'aria-label': 'Curves' },
    h(
      'div',
      { class: 'toolbar', role: 'group', 'aria-label': 'What the curves show' },
      field('Metrics', find),
      h('label', { class: 'field' }, smoothLabel, smooth),
      field('First step', range.from),
      field('Last step', range.to),
      reset,
      h(
        'p',
        { class: 'hint' },
        'Drag to zoom, double-click for all. Keys: arrows, + and −, Escape.',
      ),
      cursor,
    ),
    body,
  );

  function stepField(name: 'from' | 'to', placeholder: string) {
    return input((text) => go({ [name]: text.trim() === '' ? undefined : Number(text) }, true), {
      type: 'number',
      min: 0,
      inputmode: 'numeric',
      placeholder,
    });
  }

  const seen = new IntersectionObserver(
    (changes) => {
      for (const { target, isIntersecting } of changes) {
        const card = byElement.get(target);
        if (card) card.isVisible = isIntersecting;
      }
      void load();
    },
    { rootMargin: '200px' },
  );
  const sized = new ResizeObserver(() => {
    for (const { chart } of cards.values()) chart.resize();
  });
  sized.observe(body);

  function layOut(groups: readonly MetricGroup[]): void {
    const key = JSON.stringify(groups);
    if (key === layoutKey) return;
    layoutKey = key;
    const wanted = new Set(groups.flatMap(({ metrics }) => metrics));
    for (const [metric, { chart }] of cards) {
      if (wanted.has(metric)) continue;
      seen.unobserve(chart.element);
      byElement.delete(chart.element);
      chart.destroy();
      cards.delete(metric);
    }
    const closed = new Set(
      [...body.querySelectorAll('details')].flatMap((d) => (d.open ? [] : [d.dataset.title])),
    );
    const opened = new Set(
      [...body.querySelectorAll('details')].flatMap((d) => (d.open ? [d.dataset.title] : [])),
    );
    fill(
      body,
      ...groups.map(({ title, metrics, isOpen }) =>
        h(
          'details',
          {
            class: 'group',
            'data-title': title,
            open: opened.has(title) || (isOpen && !closed.has(title)),
          },
          h('summary', {}, h('h2', {}, title), h('span', { class: 'count' }, metrics.length)),
          h('div', { class: 'charts' }, ...metrics.map((metric) => cardOf(metric).chart.element)),
        ),
      ),
      groups.length === 0 && h('p', { class: 'empty' }, 'No metrics yet.'),
    );
  }

  function cardOf(metric: string): Card {
    const known = cards.get(metric);
    if (known) return known;
    const chart = new Chart({
      title: metric,
      note: metricNote(metric),
      height: HEIGHT,
      largeHeight: LARGE_HEIGHT,
      onLarge: (isLarge) => go({ large: isLarge ? metric : undefined }),
      onZoom: (window) => go({ from: window?.from, to: window?.to }, true),
      onCursor: (step, isByKey) => {
        cursor.textContent = step === undefined ? '' : `Step ${shownNumber(step)}`;
        if (!isByKey) return;
        for (const other of cards.values()) if (other.chart !== chart) other.chart.showStep(step);
      },
    });
    const card = { metric, chart, isVisible: false, key: '' };
    cards.set(metric, card);
    byElement.set(chart.element, card);
    seen.observe(chart.element);
    return card;
  }

  /** Loads what is in sight and not up to date; what changes meanwhile is loaded after it. */
  async function load(): Promise<void> {
    if (isLoading || !drawn) return;
    const key = keyOf(drawn);
    const stale = [...cards.values()].filter((card) => card.isVisible && card.key !== key);
    if (stale.length === 0) return;
    isLoading = true;
    try {
      await loadAlarms(drawn.runs);
      await loadCards(stale, drawn, key);
    } catch {
      // The stream says that the server is gone; what is drawn stays.
    }
    setTimeout(() => {
      isLoading = false;
      void load();
    }, PAUSE_MS);
  }

  async function loadCards(stale: readonly Card[], { state, runs }: Drawn, key: string) {
    const width = body.querySelector('.plot')?.clientWidth ?? 400;
    const window = {
      from: state.from,
      to: state.to,
      smooth: state.smooth,
      buckets: Math.max(50, Math.round(width / PIXELS)),
    };
    const answers = await Promise.all(
      runs.map(async (run) => {
        const metrics = stale
          .map(({ metric }) => metric)
          .filter((metric) => run.metricNames.includes(metric));
        const series = metrics.length > 0 ? await askSeries(run.id, metrics, window) : [];
        return { run, series: new Map(series.map((one) => [one.metric, one])) };
      }),
    );
    const last = Math.max(1, ...runs.map(({ step }) => step));
    const shown = [state.from ?? Math.min(1, last - 1), state.to ?? last] as const;
    const marks = runs.flatMap(({ id, colour }) =>
      (alarms.get(id)?.steps ?? []).map((step) => ({ step, colour })),
    );
    for (const card of stale) {
      const lines = answers.flatMap(({ run, series }) => linesOf(run, series.get(card.metric)));
      card.chart.draw(lines, shown, marks, theme());
      card.key = key;
    }
  }

  async function loadAlarms(runs: readonly ShownRun[]): Promise<void> {
    for (const run of runs) {
      if ((alarms.get(run.id)?.count ?? 0) === run.alarms) continue;
      const events = await askEvents(run.id);
      alarms.set(run.id, { count: run.alarms, steps: alarmSteps(events) });
    }
  }

  return {
    element,
    update: (next) => {
      drawn = next;
      const { state, runs } = next;
      smooth.value = String(state.smooth);
      smoothLabel.textContent = `Smoothing ${state.smooth.toFixed(2)}`;
      put(find, state.metrics);
      put(range.from, state.from);
      put(range.to, state.to);
      reset.disabled = state.from === undefined && state.to === undefined;
      const names = [...new Set(runs.flatMap(({ metricNames }) => metricNames))].sort();
      layOut(groupMetrics(names, state.metrics));
      for (const { metric, chart } of cards.values()) chart.setLarge(metric === state.large);
      void load();
    },
  };
}

function linesOf({ name: label, colour }: ShownRun, series: Series | undefined): Line[] {
  if (!series) return [];
  const { steps, values, smoothed } = series;
  if (!smoothed) return [{ label, colour, steps, values }];
  return [
    { label, colour, steps, values, isFaint: true },
    { label, colour, ...smoothed },
  ];
}

function alarmSteps(events: readonly RunEvent[]): number[] {
  return events.filter(({ event }) => event === 'alarm').map(({ step }) => step);
}

function keyOf({ state: { from, to, smooth }, runs }: Drawn): string {
  const versions = runs.map(({ id, version }) => `${id}@${version}`);
  return JSON.stringify([theme(), from, to, smooth, versions]);
}

function theme(): string {
  const chosen = document.documentElement.dataset.theme;
  return chosen ?? String(matchMedia('(prefers-color-scheme: dark)').matches);
}
