import type { EpisodeDetail } from '../types.js';
import { fill, h } from './dom.js';
import { shownNumber, signed } from './format.js';
import { messageParts } from './message-parts.js';
import { tokenLook, visibleToken } from './token-colours.js';
import type { Colouring } from './view-state.js';

/** Tokens that are shown at once; the others wait for a button. */
const MOST_TOKENS = 4000;

const LEGENDS: Readonly<Record<Colouring, string>> = {
  probability:
    'The stronger the colour, the less probable the token was to the sampler; full from 1 in 150.',
  advantage: 'Green is reinforced, red is discouraged; full from an advantage of 2.',
  mask: 'Coloured tokens are the model’s, and learnt from; the others it only saw.',
  none: '',
};

/** What an episode was worth: rewards, their parts, the advantage. */
export function rewardTable(episode: EpisodeDetail): HTMLElement {
  const { rewards, parts, advantage } = episode;
  const row = (name: string, value: string, kind = '') =>
    h('tr', { class: kind }, h('th', { scope: 'row' }, name), h('td', {}, value));
  const partsOf = (reward: string) =>
    Object.entries(parts ?? {}).filter(([name]) => name.startsWith(`${reward}/`));
  return h(
    'table',
    { class: 'rewards' },
    h('caption', {}, 'Rewards'),
    h(
      'tbody',
      {},
      ...Object.entries(rewards).flatMap(([name, value]) => [
        row(name, value === null ? 'does not apply' : shownNumber(value)),
        ...partsOf(name).map(([part, of]) =>
          row(
            part.slice(name.length + 1),
            of === null ? 'does not apply' : shownNumber(of),
            'part',
          ),
        ),
      ]),
      row('advantage', advantage === null ? 'not trained on' : signed(advantage), 'total'),
    ),
  );
}

/** The conversation, turn by turn. */
export function conversation({ messages }: EpisodeDetail): HTMLElement {
  return h(
    'ol',
    { class: 'turns' },
    ...messages.map(({ role, content }) =>
      h(
        'li',
        { class: `turn ${role}` },
        h('span', { class: 'role' }, role),
        h(
          'div',
          { class: 'said' },
          ...messageParts(String(content)).map(({ kind, text }) =>
            h(
              'div',
              { class: kind },
              kind !== 'text' &&
                h('span', { class: 'kind' }, kind === 'thought' ? 'thought' : 'tool call'),
              h('pre', {}, text),
            ),
          ),
        ),
      ),
    ),
  );
}

/** Every token of an episode with its colour; the one under the pointer or the keyboard is told below. */
export function tokenText(episode: EpisodeDetail, colours: Colouring): HTMLElement {
  const { ids, pieces } = episode;
  const told = h(
    'p',
    { class: 'token-told', role: 'status' },
    'Point at a token, or walk through them with the arrow keys.',
  );
  const text = h('div', {
    class: 'tokens',
    tabindex: 0,
    role: 'group',
    'aria-label': `${ids.length} tokens`,
    on: {
      pointerover: ({ target }) => {
        if (target instanceof HTMLElement && target.dataset.t) tell(Number(target.dataset.t));
      },
      keydown: (event) => {
        const { key } = event as KeyboardEvent;
        if (key !== 'ArrowLeft' && key !== 'ArrowRight') return;
        tell(at + (key === 'ArrowRight' ? 1 : -1));
        event.preventDefault();
      },
    },
  });
  let at = -1;
  let pointed: Element | null = null;
  const tell = (t: number) => {
    at = Math.max(0, Math.min(ids.length - 1, t));
    pointed?.classList.remove('pointed');
    pointed = text.querySelector(`[data-t="${at}"]`);
    pointed?.classList.add('pointed');
    told.textContent = toldToken(episode, at);
  };
  const tokens = (from: number, to: number) =>
    ids.slice(from, to).map((id, i) => {
      const t = from + i;
      const { hue, heat } = tokenLook(episode, t, colours);
      const shown = pieces ? visibleToken(pieces[t]) : `${id} `;
      return h(
        'span',
        { class: `token ${hue}`, 'data-t': t, style: { '--heat': `${Math.round(100 * heat)}%` } },
        shown,
      );
    });
  text.append(...tokens(0, MOST_TOKENS));
  const more = h(
    'button',
    {
      type: 'button',
      on: {
        click: () => {
          text.append(...tokens(MOST_TOKENS, ids.length));
          more.remove();
        },
      },
    },
    `Show the other ${ids.length - MOST_TOKENS} tokens`,
  );
  const wrap = h('div', { class: 'token-view' });
  fill(
    wrap,
    LEGENDS[colours] !== '' && h('p', { class: 'hint' }, LEGENDS[colours]),
    pieces === null &&
      h(
        'p',
        { class: 'hint' },
        'Tokens are shown by their ids: no checkpoint of this run holds a tokenizer yet.',
      ),
    text,
    ids.length > MOST_TOKENS && more,
    told,
  );
  return wrap;
}

function toldToken({ ids, pieces, mask, logProbs, advantage }: EpisodeDetail, t: number): string {
  const name = `Token ${t + 1} of ${ids.length}: ${pieces ? JSON.stringify(pieces[t]) : ''} (id ${ids[t]})`;
  if (mask[t] !== 1) return `${name}, seen by the model`;
  const probability = shownNumber(100 * Math.exp(logProbs[t]));
  return `${name}, log-prob ${shownNumber(logProbs[t])} (${probability} %), advantage ${signed(advantage)}`;
}
