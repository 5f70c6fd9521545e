import { createStreamDecoder } from '../chat/stream-decoder.js';
import type { Tokenizer } from '../types.js';

/** What ends a sequence. */
export interface Stops {
  readonly stopIds: readonly number[];
  readonly stopStrings?: readonly string[];
  /** Neither ids nor strings end a sequence of fewer tokens. */
  readonly minTokens?: number;
}

/** Is given the ids of one sequence as they are sampled; returns what stopped it. */
export type StopWatch = (id: number) => number | string | undefined;

/**
 * Watches one sequence for stop ids and stop strings. A string is found across tokens, and as soon as it is whole;
 * of the text only as much is kept as a stop string can still need.
 */
export function createStopWatch(
  { stopIds, stopStrings = [], minTokens = 0 }: Stops,
  tokenizer: Tokenizer | undefined,
): StopWatch {
  const decoder = stopStrings.length > 0 && tokenizer && createStreamDecoder(tokenizer);
  const reach = Math.max(0, ...stopStrings.map(({ length }) => length - 1));
  let count = 0;
  let tail = '';
  return (id) => {
    const isEarly = ++count < minTokens;
    let found: string | undefined;
    if (decoder) {
      const text = tail + decoder.push(id);
      const places = stopStrings
        .map((stop) => ({ stop, at: text.indexOf(stop) }))
        .filter(({ at }) => at >= 0);
      found = places.sort((a, b) => a.at - b.at)[0]?.stop;
      tail = reach === 0 ? '' : text.slice(-reach);
    }
    if (isEarly) return undefined;
    return stopIds.includes(id) ? id : found;
  };
}
