import type { Line } from './read-lines.js';

/** A record that was handed over, by which a follower sees that the file still holds it. */
export interface Mark extends Pick<Line, 'start' | 'end' | 'hash'> {
  /** Number of the record, from 1. */
  readonly count: number;
  readonly step: number;
  /** Σ `time/step` up to here, in ms. */
  readonly elapsedMs: number;
}

/** Neighbours kept at each distance. */
const KEPT = 8;

/**
 * Thins marks, oldest first, so that about 8 · log₂ n of n remain: all of the newest, fewer and fewer of the older
 * ones. A record d places before the newest has a mark at most about d / 8 places before it.
 */
export function thinned(marks: readonly Mark[]): Mark[] {
  const newest = marks.at(-1)?.count ?? 0;
  return marks.filter(({ count }) => count % spacing(newest - count) === 0);
}

/** A power of two: what once is divisible by a larger one stays, whatever is added. */
function spacing(distance: number): number {
  return distance < 2 * KEPT ? 1 : 2 ** Math.floor(Math.log2(distance / KEPT));
}
