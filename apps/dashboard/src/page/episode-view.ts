import type { EpisodeDetail } from '../types.js';
import { fill, h } from './dom.js';
import { shownNumber, signed } from './format.js';
import { messageParts } from './message-parts.js';
import { advantageAt, type TokenLook, tokenLook, visibleToken } from './token-colours.js';
import type { Colouring } from './view-state.js';

/** Tokens that are shown at once; the others wait for a button. */
const MOST_TOKENS = 4000;

/** What the colours mean, from the weakest to the strongest. */
const LEGENDS: Readonly<
  Record<Colouring, readonly (readonly [hue: TokenLook['hue'], heat: number, text: string])[]>
> = {
  probability: [
    ['surprise', 0, 'certain'],
    ['surprise', 0.46, '1 in 10'],
    ['surprise', 1, '1 in 150 or less'],
  ],
  advantage: [
    ['negative', 1, '−2, made less likely'],
    ['positive', 1, '+2, made more likely'],
  ],
  mask: [
    ['own', 0.6, 'of the model, learnt from'],
    ['seen', 0, 'only seen'],
  ],
  none: [],
};

/** What an episode was worth: rewards with their parts, the advantage. */
export function rewardTiles({ rewards, parts, advantage }: EpisodeDetail): HTMLElement {
  const tile = (name: string, value: string, kind = '', below: readonly HTMLElement[] = []) =>
    h(
      'div',
      { class: `tile ${kind}` },
      h('dt', { title: name }, name),
      h('dd', {}, value, ...below),
    );
  const shown = (value: number | null) => (value === null ? 'n/a' : shownNumber(value));
  const partsOf = (reward: string) =>
    Object.entries(parts ?? {})
      .filter(([name]) => name.startsWith(`${reward}/`))
      .map(([name, value]) =>
        h('span', { class: 'part' }, `${name.slice(reward.length + 1)} `, h('b', {}, shown(value))),
      );
  const sign = advantage === null || advantage === 0 ? '' : advantage > 0 ? 'positive' : 'negative';
  return h(
    'dl',
    { class: 'tiles', 'aria-label': 'Rewards' },
    ...Object.entries(rewards).map(([name, value]) => tile(name, shown(value), '', partsOf(name))),
    tile('advantage', advantage === null ? 'not trained on' : signed(advantage), sign),
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
export function tokenText(episode: EpisodeDetail, colours: Colouring, hint = ''): HTMLElement {
  const { ids, pieces } = episode;
  const told = h('p', { class: 'token-told', role: 'status' }, hint);
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
    LEGENDS[colours].length > 0 &&
      h(
        'p',
        { class: 'legend' },
        ...LEGENDS[colours].map(([hue, heat, text]) =>
          h(
            'span',
            {},
            h('span', { class: `token ${hue}`, style: { '--heat': `${100 * heat}%` } }, 'abc'),
            ` ${text}`,
          ),
        ),
      ),
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

function toldToken(episode: EpisodeDetail, t: number): string {
  const { ids, pieces, mask, logProbs } = episode;
  const name = `Token ${t + 1} of ${ids.length}: ${pieces ? JSON.stringify(pieces[t]) : ''} (id ${ids[t]})`;
  if (mask[t] !== 1) return `${name}, seen by the model`;
  const probability = shownNumber(100 * Math.exp(logProbs[t]));
  return `${name}, log-prob ${shownNumber(logProbs[t])} (${probability} %), advantage ${signed(advantageAt(episode, t))}`;
}
