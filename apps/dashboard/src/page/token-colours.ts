import type { EpisodeDetail } from '../types.js';
import type { Colouring } from './view-state.js';

/** How one token is shown. */
export interface TokenLook {
  /** A class of the style sheet, or none. */
  readonly hue: 'none' | 'surprise' | 'positive' | 'negative' | 'own' | 'seen';
  /** Strength of the colour, from 0 to 1. */
  readonly heat: number;
}

/** Log-prob, in nats, from which a token is as surprising as colour can say: e^−5 is below 1 %. */
const MOST_SURPRISING = 5;
/** Size of an advantage from which colour grows no stronger; groups are mostly scaled to deviation 1. */
const LARGEST_ADVANTAGE = 2;
const PLAIN: TokenLook = { hue: 'none', heat: 0 };

/**
 * The colour of one token. Tokens that the model only saw have neither log-prob nor advantage; they stay plain.
 *
 * @param t place of the token
 */
export function tokenLook(
  episode: Pick<EpisodeDetail, 'mask' | 'logProbs' | 'advantage' | 'advantages'>,
  t: number,
  colours: Colouring,
): TokenLook {
  const { mask, logProbs } = episode;
  const isOwn = mask[t] === 1;
  if (colours === 'mask') return { hue: isOwn ? 'own' : 'seen', heat: isOwn ? 0.6 : 0 };
  if (!isOwn || colours === 'none') return PLAIN;
  if (colours === 'probability')
    return { hue: 'surprise', heat: bounded(-(logProbs[t] ?? 0) / MOST_SURPRISING) };
  const advantage = advantageAt(episode, t);
  if (advantage === null || advantage === 0) return PLAIN;
  return {
    hue: advantage > 0 ? 'positive' : 'negative',
    heat: bounded(Math.abs(advantage) / LARGEST_ADVANTAGE),
  };
}

/** The advantage of one token: its own, or that of the episode. */
export function advantageAt(
  { advantage, advantages }: Pick<EpisodeDetail, 'advantage' | 'advantages'>,
  t: number,
): number | null {
  return advantages?.[t] ?? advantage;
}

/** The text of a token as it can be seen: line breaks and blanks get a sign of their own. */
export function visibleToken(piece: string): string {
  if (piece === '') return '·';
  return piece.replaceAll('\n', '↵\n').replaceAll('\t', '⇥\t');
}

function bounded(x: number): number {
  return Math.round(100 * Math.min(1, Math.max(0, x))) / 100;
}
