import type { EpisodeDetail } from '../types.js';
import { h, segments } from './dom.js';
import { conversation, rewardTiles, tokenText } from './episode-view.js';
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
  probability: 'Log-prob',
  advantage: 'Advantage',
  mask: 'Mask',
  none: 'None',
};

/** One episode: its group, rewards, conversation, tokens. */
export function episodePanel(
  episode: EpisodeDetail,
  colours: Colouring,
  actions: PanelActions,
): HTMLElement {
  const { ids, mask, failure } = episode;
  const own = mask.reduce((sum, one) => sum + one, 0);
  return h(
    'article',
    { class: 'episode' },
    heading(episode, actions),
    groupStrip(episode, actions, false),
    failure && h('p', { class: 'failure' }, `${failure.kind}: ${failure.reason}`),
    rewardTiles(episode),
    section('Conversation', facts(episode), conversation(episode)),
    section(
      'Tokens',
      h('span', { class: 'facts' }, `${own} of the model, ${ids.length - own} seen`),
      colourChoice(colours, actions),
      tokenText(episode, colours, 'Point at a token, or walk through them with the arrow keys.'),
    ),
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
    heading(open, actions),
    groupStrip(open, actions, true),
    h(
      'div',
      { class: 'heading' },
      h('h3', {}, `${members.length} side by side`),
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
          ),
          rewardTiles(member),
          conversation({ ...member, messages: answersOf(member) }),
          tokenText(member, colours),
        ),
      ),
    ),
  );
}

function section(title: string, ...content: readonly (HTMLElement | false)[]): HTMLElement {
  const last = content.at(-1) ?? false;
  return h(
    'section',
    { class: 'part-of-episode' },
    h('div', { class: 'heading' }, h('h3', {}, title), ...content.slice(0, -1)),
    last,
  );
}

function heading(episode: EpisodeDetail, actions: PanelActions): HTMLElement {
  const { step, task, earlier, later } = episode;
  const goTo = (text: string, n: number | null, label: string) =>
    h(
      'button',
      {
        type: 'button',
        disabled: n === null,
        'aria-label': label,
        title: label,
        on: { click: () => n !== null && actions.onOpen(n) },
      },
      text,
    );
  return h(
    'header',
    {},
    h('h2', { tabindex: -1 }, task, h('span', { class: 'at-step' }, ` step ${shownNumber(step)}`)),
    h(
      'div',
      { class: 'actions' },
      goTo('← Step', earlier, 'The same task in an earlier step'),
      goTo('Step →', later, 'The same task in a later step'),
      h(
        'button',
        { type: 'button', on: { click: () => actions.onTask(task) } },
        'Task over training',
      ),
      h(
        'button',
        { type: 'button', class: 'quiet', 'aria-label': 'Close', on: { click: actions.onClose } },
        '✕',
      ),
    ),
  );
}

/** The group as buttons with rewards: whoever did better than its siblings is seen at a glance. */
function groupStrip(
  { members, n }: EpisodeDetail,
  { onOpen, onGroup }: PanelActions,
  isGroup: boolean,
): HTMLElement {
  return h(
    'div',
    { class: 'strip' },
    h('span', { class: 'strip-name' }, `Group of ${members.length}`),
    h(
      'div',
      { class: 'chips', role: 'group', 'aria-label': 'Members by reward' },
      ...members.map((member, i) => {
        const reward =
          member.failure === null ? shownNumber(Number(member.rewardSum.toPrecision(3))) : '✕';
        return h(
          'button',
          {
            type: 'button',
            class: `chip ${signOf(member.advantage)}`,
            'aria-current': member.n === n ? 'true' : undefined,
            'aria-label': `Member ${i + 1}: reward ${reward}, advantage ${signed(member.advantage)}`,
            title: `reward ${reward}, advantage ${signed(member.advantage)}`,
            on: { click: () => onOpen(member.n) },
          },
          reward,
        );
      }),
    ),
    members.length > 1 &&
      h(
        'button',
        { type: 'button', 'aria-pressed': isGroup, on: { click: () => onGroup(!isGroup) } },
        'Side by side',
      ),
  );
}

function facts({ end, stopReason, group, messages }: EpisodeDetail): HTMLElement {
  const ended = stopReason ? `${end} (${stopReason})` : end;
  return h(
    'span',
    { class: 'facts' },
    `${messages.length} messages · ended by ${ended} · group ${group}`,
  );
}

/** What came after the prompt that the members share. */
function answersOf({ messages }: EpisodeDetail): EpisodeDetail['messages'] {
  const first = messages.findIndex(({ role }) => role === 'assistant');
  return first < 0 ? [] : messages.slice(first);
}

function colourChoice(colours: Colouring, { onColours }: PanelActions): HTMLElement {
  return segments(
    'Colour tokens by',
    COLOURINGS.map((one) => [one, COLOUR_NAMES[one]]),
    colours,
    onColours,
  );
}

export function signOf(value: number | null): string {
  return value === null || value === 0 ? 'zero' : value > 0 ? 'positive' : 'negative';
}
