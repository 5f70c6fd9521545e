import { isSameValue } from './code/same-json.js';
import { rowColumn } from './row-column.js';
import type { Episode, Reward } from './types.js';

/** Options of `finalState`. */
export interface FinalStateOptions {
  /** The state at the end of an episode, such as what the environment's tools have changed. */
  readonly state: (episode: Episode) => unknown;
  /** Column of the row that holds what must be true of it. Default `finalState`. */
  readonly column?: string;
  /** 1 only if `all` is as wanted, or the `share` of values that are. Default `all`. */
  readonly by?: 'all' | 'share';
}

/**
 * Rewards what an episode left behind, whatever was said on the way. Each value in the row's wanted state, however deep,
 * must stand at the same place in the final state; what the row does not mention is not looked at. Lists must be equal.
 *
 *     r = 1 if every value is as wanted, else 0        or, by share, values as wanted / values
 *
 * A share pays for what was true from the start, and for harm done elsewhere: name in the row what must stay as it is.
 *
 * @returns a reward from 0 to 1, with the part `share`; `null` where the row's wanted state is `null` or has no values
 * @example
 * finalState({ state: (episode) => states.get(episode) }); // for { order: { status: 'refunded' } }
 */
export function finalState({
  state,
  column = 'finalState',
  by = 'all',
}: FinalStateOptions): Reward {
  return {
    name: 'finalState',
    fn: (episode) => {
      const wanted = rowColumn('finalState', episode.row, column);
      if (wanted === null || wanted === undefined) return null;
      const found = compare(wanted, state(episode), 0);
      if (found.count === 0) return null;
      const share = found.right / found.count;
      return {
        value: by === 'share' ? share : Number(found.right === found.count),
        parts: { share },
      };
    },
  };
}

const MAX_DEPTH = 50;

function compare(wanted: unknown, got: unknown, depth: number): { right: number; count: number } {
  if (typeof wanted !== 'object' || wanted === null || Array.isArray(wanted) || depth > MAX_DEPTH) {
    return { right: Number(isSameValue(wanted, got)), count: 1 };
  }
  const total = { right: 0, count: 0 };
  for (const [key, value] of Object.entries(wanted)) {
    const has = typeof got === 'object' && got !== null && Object.hasOwn(got, key);
    const inner = compare(
      value,
      has ? (got as Record<string, unknown>)[key] : undefined,
      depth + 1,
    );
    total.right += inner.right;
    total.count += inner.count;
  }
  return total;
}
