import type { DecodeEngine } from '../types.js';

/** Keys and values of rows that ended, so that a prompt which goes on where one stopped runs only what is new. */
export interface HistoryStore<Batch> {
  /** Keeps rows of a batch, which stays the caller's; the oldest kept ones are given up where there are too many. */
  keep(
    batch: Batch,
    rows: readonly { readonly row: number; readonly ids: readonly number[] }[],
  ): void;
  /**
   * The longest history that the prompt begins with, and that leaves few enough tokens to be run one by one. It is
   * taken out: its batch of one row is the caller's.
   */
  take(prompt: readonly number[]): { readonly batch: Batch; readonly length: number } | undefined;
  clear(): void;
}

/** A pass over a prompt costs about as much as a quarter of its tokens, run one after the other. */
const WORTH_RESUMING = 1 / 4;

/** @param limit most rows that are kept */
export function createHistoryStore<Batch>(
  { pick, free }: Pick<DecodeEngine<Batch>, 'pick' | 'free'>,
  limit: number,
): HistoryStore<Batch> {
  let kept: { readonly ids: readonly number[]; readonly batch: Batch }[] = []; // the oldest first
  const begins = (prompt: readonly number[], ids: readonly number[]) =>
    ids.length < prompt.length && ids.every((id, i) => id === prompt[i]);

  return {
    keep: (batch, rows) => {
      for (const { row, ids } of rows) kept.push({ ids, batch: pick(batch, [row]) });
      for (const old of kept.splice(0, Math.max(0, kept.length - limit))) free(old.batch);
    },
    take: (prompt) => {
      const least = prompt.length * (1 - WORTH_RESUMING);
      const [best] = kept
        .filter(({ ids }) => ids.length >= least && begins(prompt, ids))
        .sort((a, b) => b.ids.length - a.ids.length);
      if (best === undefined) return undefined;
      kept = kept.filter((one) => one !== best);
      return { batch: best.batch, length: best.ids.length };
    },
    clear: () => {
      for (const { batch } of kept) free(batch);
      kept = [];
    },
  };
}
