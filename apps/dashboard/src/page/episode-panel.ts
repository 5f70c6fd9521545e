import type { EpisodeDetail } from '../types.js';
import { field, h, offer, select } from './dom.js';
import { conversation, rewardTable, tokenText } from './episode-view.js';
import { shownNumber, signed } from './format.js';
import { COLOURINGS, type Colouring } from './view-state.js';

/** What a person can do with the open episode. */
export interface PanelActions {
  readonly onColours: (colours: Colouring) => void;
  readonly onOpen: (n: number) => void;
  readonly onGroup: (isGroup: boolean) => void;
  readonly onTask: (task: string) => void;
  readonly onClose: () => void;
}

const COLOUR_NAMES: Readonly<Record<Colouring, string>> = {
  probability: 'log-prob',
  advantage: 'advantage',
  mask: 'mask',
  none: 'nothing',
};

/** One episode: facts, rewards, conversation, tokens. */
export function episodePanel(
  episode: EpisodeDetail,
  colours: Colouring,
  actions: PanelActions,
): HTMLElement {
  const { messages, ids, mask } = episode;
  const own = mask.reduce((sum, one) => sum + one, 0);
  return h(
    'article',
    { class: 'episode' },
    heading(episode, actions, false),
    facts(episode),
    episode.failure &&
      h('p', { class: 'failure' }, `${episode.failure.kind}: ${episode.failure.reason}`),
    rewardTable(episode),
    h('h3', {}, `Conversation (${messages.length} messages)`),
    conversation(episode),
    h(
      'div',
      { class: 'heading' },
      h('h3', {}, `Tokens (${own} of the model, ${ids.length - own} seen)`),
      colourChoice(colours, actions),
    ),
    tokenText(episode, colours),
  );
}

/** The members of a group side by side. */
export function groupPanel(
  members: readonly EpisodeDetail[],
  n: number,
  colours: Colouring,
  actions: PanelActions,
): HTMLElement {
  const open = members.find((member) => member.n === n) ?? members[0];
  return h(
    'article',
    { class: 'episode' },
    heading(open, actions, true),
    h(
      'div',
      { class: 'heading' },
      h('h3', {}, `Group of ${members.length}`),
      colourChoice(colours, actions),
    ),
    h(
      'div',
      { class: 'members', tabindex: 0, role: 'region', 'aria-label': 'Members of the group' },
      ...members.map((member, i) =>
        h(
          'section',
          { class: `member${member.n === n ? ' open' : ''}`, 'aria-label': `Member ${i + 1}` },
          h(
            'h4',
            {},
            h(
              'button',
              { type: 'button', class: 'link', on: { click: () => actions.onOpen(member.n) } },
              `Member ${i + 1}`,
            ),
            h('span', { class: `advantage ${signOf(member.advantage)}` }, signed(member.advantage)),
          ),
          rewardTable(member),
          conversation({ ...member, messages: answersOf(member) }),
          tokenText(member, colours),
        ),
      ),
    ),
  );
}

function heading(episode: EpisodeDetail, actions: PanelActions, isGroup: boolean): HTMLElement {
  const { step, task, members, earlier, later } = episode;
  const button = (text: string, onClick: () => void, isOff = false, pressed?: boolean) =>
    h(
      'button',
      { type: 'button', disabled: isOff, 'aria-pressed': pressed, on: { click: onClick } },
      text,
    );
  return h(
    'header',
    {},
    h('h2', { tabindex: -1 }, `Step ${step} · ${task}`),
    h(
      'div',
      { class: 'actions' },
      button(`Group of ${members.length}`, () => actions.onGroup(!isGroup), false, isGroup),
      button('Earlier', () => earlier !== null && actions.onOpen(earlier), earlier === null),
      button('Later', () => later !== null && actions.onOpen(later), later === null),
      button('Task over training', () => actions.onTask(task)),
      button('Close', actions.onClose),
    ),
  );
}

function facts({ end, stopReason, group, advantage, n }: EpisodeDetail): HTMLElement {
  const fact = (name: string, value: string) => [h('dt', {}, name), h('dd', {}, value)];
  return h(
    'dl',
    { class: 'facts' },
    ...fact('ended by', stopReason ? `${end} (${stopReason})` : end),
    ...fact('group', group),
    ...fact('advantage', advantage === null ? 'not trained on' : signed(advantage)),
    ...fact('line', shownNumber(n + 1)),
  );
}

/** What came after the prompt that the members share. */
function answersOf({ messages }: EpisodeDetail): EpisodeDetail['messages'] {
  const first = messages.findIndex(({ role }) => role === 'assistant');
  return first < 0 ? [] : messages.slice(first);
}

function colourChoice(colours: Colouring, { onColours }: PanelActions): HTMLElement {
  const choice = select((value) => onColours(COLOURINGS.find((one) => one === value) ?? 'none'));
  offer(
    choice,
    COLOURINGS.map((one) => [one, COLOUR_NAMES[one]]),
    colours,
  );
  return field('Colour by', choice);
}

export function signOf(value: number | null): string {
  return value === null || value === 0 ? 'zero' : value > 0 ? 'positive' : 'negative';
}
