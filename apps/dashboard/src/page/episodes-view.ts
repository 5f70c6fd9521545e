import type { EpisodeEntry } from '../types.js';
import { askEpisode, askEpisodes, askTask } from './ask.js';
import { Chart } from './chart.js';
import { fill, h, keepingFocus } from './dom.js';
import { episodeFilters } from './episode-filters.js';
import { episodePanel, groupPanel, type PanelActions, signOf } from './episode-panel.js';
import { shownNumber, signed } from './format.js';
import type { Drawn, Go, ShownRun, View } from './view.js';
import type { ViewState } from './view-state.js';
import { VirtualList } from './virtual-list.js';

const ROW_HEIGHT = 46;
/** From here down the open episode stands below the list. */
const STACKED = '(max-width: 1100px)';
/** Members of a group that are laid side by side at most. */
const MOST_MEMBERS = 64;

/** The episodes of one run: a list with filters, and the one that is open. */
export function episodesView(go: Go): View {
  let drawn: Drawn | undefined;
  let run: ShownRun | undefined;
  let outcomes: readonly string[] = [];
  let listKey = '';
  let filterKey = '';
  let panelKey = '';
  let taskKey = '';
  /** The open episode was walked to in the list: the list keeps the focus. */
  let isWalked = false;

  const setFilter = (filter: ViewState['filter']) =>
    go({ filter, episode: undefined, isGroup: false }, true);
  const filters = episodeFilters(setFilter, (id) =>
    go({ run: id, episode: undefined, filter: {}, isGroup: false }, true),
  );
  const count = h('p', { class: 'hint', role: 'status' });
  const history = h('div', { class: 'history', hidden: true });
  const panel = h('div', { class: 'panel', 'aria-live': 'off' });
  const list = new VirtualList<EpisodeEntry>({
    label: 'Episodes',
    rowHeight: ROW_HEIGHT,
    load: async (offset, limit) => {
      if (!drawn || !run) return { total: 0, entries: [] };
      const page = await askEpisodes(run.id, drawn.state.filter, offset, limit);
      count.textContent = `${shownNumber(page.total)} of ${shownNumber(run.episodeCount)} episodes${page.isComplete ? '' : ', more are being read …'}`;
      if (String(outcomes) !== String(page.outcomes)) {
        outcomes = page.outcomes;
        drawFilters();
      }
      return page;
    },
    row: rowOf,
    isSelected: ({ n }) => n === drawn?.state.episode,
    onOpen: ({ n }, isByKey) => {
      isWalked = isByKey;
      go({ episode: n }, !isByKey);
    },
  });
  const chart = new Chart({
    title: 'Reward of the task',
    note: 'mean, least and greatest of its episodes in each step',
    height: 140,
    onZoom: (window) => {
      if (!drawn) return;
      const { fromStep: _from, toStep: _to, ...others } = drawn.state.filter;
      setFilter(window ? { ...others, fromStep: window.from, toStep: window.to } : others);
    },
    onCursor: () => {},
  });
  const element = h(
    'section',
    { 'aria-label': 'Episodes' },
    filters.element,
    history,
    h(
      'div',
      { class: 'browser' },
      h(
        'div',
        { class: 'side' },
        count,
        h(
          'div',
          { class: 'row head', 'aria-hidden': true },
          ...['Step', 'Task, answer', 'Reward', 'Adv.', 'Tokens'].map((name) =>
            h('span', {}, name),
          ),
        ),
        list.element,
      ),
      panel,
    ),
  );

  const actions: PanelActions = {
    onColours: (colours) => go({ colours }),
    onOpen: (episode) => {
      isWalked = false;
      go({ episode, isGroup: false }, true);
    },
    onGroup: (isGroup) => go({ isGroup }, true),
    onTask: (task) => go({ filter: { task, order: 'oldest' } }, true),
    onClose: () => {
      go({ episode: undefined, isGroup: false }, true);
      list.element.focus();
    },
  };

  function drawFilters(): void {
    if (!drawn) return;
    filters.update({
      filter: drawn.state.filter,
      outcomes,
      runs: drawn.runs,
      run: run?.id ?? '',
    });
  }

  function updateList(state: ViewState): void {
    const filter = JSON.stringify([run?.id, state.filter]);
    const key = JSON.stringify([filter, run?.episodeCount, run?.bytesLeft === 0]);
    if (key === listKey) {
      list.draw();
      return;
    }
    const isNew = filterKey !== '' && filter !== filterKey;
    filterKey = filter;
    listKey = key;
    list.reload({ isNew }).catch(() => {
      listKey = ''; // asked again at the next change
    });
  }

  function updateHistory(state: ViewState): void {
    const { task } = state.filter;
    history.hidden = task === undefined || run === undefined;
    if (task === undefined || run === undefined) return;
    const key = JSON.stringify([run.id, task, run.episodeCount]);
    if (key === taskKey) return;
    taskKey = key;
    const { id, colour, step: last } = run;
    fill(history, h('h2', {}, `Task ${task} over training`), chart.element);
    askTask(id, task)
      .then(({ steps, mean, min, max }) => {
        if (key !== taskKey) return;
        chart.draw(
          [
            { label: 'least', colour: '--muted', steps, values: min },
            { label: 'mean', colour, steps, values: mean },
            { label: 'greatest', colour: '--positive', steps, values: max },
          ],
          [Math.min(1, last - 1), last],
          [],
          document.documentElement.dataset.theme ?? '',
        );
      })
      .catch(() => {
        taskKey = '';
      });
  }

  function updatePanel({ episode, isGroup, colours }: ViewState): void {
    const key = JSON.stringify([run?.id, episode, isGroup, colours]);
    if (key === panelKey) return;
    const isOther = JSON.parse(panelKey || '[]')[1] !== episode;
    panelKey = key;
    element.classList.toggle('is-group', isGroup && episode !== undefined);
    if (episode === undefined || run === undefined) {
      const text =
        episode === undefined
          ? 'Choose an episode. Arrow keys walk through the list.'
          : 'Loading …';
      fill(panel, h('p', { class: 'empty' }, text));
      return;
    }
    if (isOther) panel.classList.add('loading');
    const { id } = run;
    open(id, episode, isGroup)
      .then((members) => {
        if (key !== panelKey) return;
        panel.classList.remove('loading');
        keepingFocus(panel, () =>
          fill(
            panel,
            isGroup
              ? groupPanel(members, episode, colours, actions)
              : episodePanel(members[0], colours, actions),
          ),
        );
        if (isOther && !isWalked) {
          if (matchMedia(STACKED).matches) panel.scrollIntoView();
          panel.querySelector<HTMLElement>('h2')?.focus({ preventScroll: true });
        }
      })
      .catch((error: unknown) => {
        if (key !== panelKey) return;
        panelKey = '';
        fill(panel, h('p', { class: 'empty' }, `No such episode yet: ${String(error)}`));
      });
  }

  return {
    element,
    update: (next) => {
      drawn = next;
      const { state, runs } = next;
      const nextRun =
        runs.find(({ id }) => id === state.run) ?? runs.find((r) => r.episodeCount > 0) ?? runs[0];
      if (nextRun?.id !== run?.id) outcomes = [];
      run = nextRun;
      drawFilters();
      updateHistory(state);
      updateList(state);
      updatePanel(state);
    },
  };
}

async function open(run: string, n: number, isGroup: boolean) {
  const episode = await askEpisode(run, n);
  if (!isGroup) return [episode];
  return Promise.all(
    episode.members
      .slice(0, MOST_MEMBERS)
      .map((member) => (member.n === n ? episode : askEpisode(run, member.n))),
  );
}

function rowOf(entry: EpisodeEntry) {
  const { step, task, answer, rewardSum, advantage, tokens, end, failure } = entry;
  const outcome = failure === null ? end : `failed: ${failure}`;
  return {
    cells: [
      h('span', {}, shownNumber(step)),
      h(
        'span',
        { class: 'task' },
        h('span', { title: task }, task),
        failure === null
          ? h('span', { class: 'answer', title: answer }, answer || '(empty)')
          : h('em', { class: 'badge error' }, failure),
      ),
      h('span', {}, failure === null ? shownNumber(rewardSum) : '–'),
      h('span', { class: `advantage ${signOf(advantage)}` }, signed(advantage)),
      h('span', {}, shownNumber(tokens)),
    ],
    label: `Step ${step}, task ${task}, answer ${answer || 'empty'}, reward ${shownNumber(rewardSum)}, advantage ${signed(advantage)}, ${tokens} tokens, ${outcome}`,
  };
}
