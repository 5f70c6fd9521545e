import type { Decoded, DecodeEngine } from '../types.js';

/** One pass over prompts, and which of its rows are still wanted. */
interface Pass<Batch> extends Decoded<Batch> {
  readonly rows: Map<string, number>;
}

/** Prompts that have been run, from which completions branch: a group's prompt is run once, however late its rows come. */
export interface PromptStore<Batch> {
  has(key: string): boolean;
  /** Takes over what a pass over the prompts of these keys gave. */
  put(keys: readonly string[], decoded: Decoded<Batch>): void;
  /** The logits of the prompt's pass, and which row of them stands behind the prompt. */
  logits(key: string): { readonly logits: Float32Array; readonly at: number };
  /** New batches with one row per key, in the order of the keys. */
  branch(keys: readonly string[]): Batch[];
  /** Frees prompts that nobody waits for, and all but the latest passes beyond `limit` prompts. */
  keepOnly(wanted: ReadonlySet<string>, limit: number): void;
  clear(): void;
}

export function createPromptStore<Batch>({
  pick,
  free,
}: Pick<DecodeEngine<Batch>, 'pick' | 'free'>): PromptStore<Batch> {
  let passes: Pass<Batch>[] = [];
  const passOf = (key: string): Pass<Batch> | undefined => passes.find(({ rows }) => rows.has(key));

  return {
    has: (key) => passOf(key) !== undefined,
    put: (keys, { batch, logits }) => {
      passes.push({ batch, logits, rows: new Map(keys.map((key, row) => [key, row])) });
    },
    logits: (key) => {
      const pass = passOf(key);
      if (pass === undefined) throw new Error('logits: needs a prompt that was run, got another.');
      return { logits: pass.logits, at: pass.rows.get(key) ?? 0 };
    },
    branch: (keys) => {
      const runs: { pass: Pass<Batch>; rows: number[] }[] = [];
      for (const key of keys) {
        const pass = passOf(key);
        if (pass === undefined)
          throw new Error('branch: needs prompts that were run, got another.');
        if (runs.at(-1)?.pass !== pass) runs.push({ pass, rows: [] });
        runs.at(-1)?.rows.push(pass.rows.get(key) ?? 0);
      }
      return runs.map(({ pass, rows }) => pick(pass.batch, rows));
    },
    keepOnly: (wanted, limit) => {
      let count = 0;
      for (const pass of [...passes].reverse()) {
        for (const key of pass.rows.keys()) if (!wanted.has(key)) pass.rows.delete(key);
        count += pass.rows.size;
        if (count > limit) pass.rows.clear();
        if (pass.rows.size === 0) free(pass.batch);
      }
      passes = passes.filter(({ rows }) => rows.size > 0);
    },
    clear: () => {
      for (const { batch } of passes) free(batch);
      passes = [];
    },
  };
}
