import { setImmediate } from 'node:timers/promises';
import type { DecodeEngine } from '../types.js';
import { type AskedToken, drawTokens } from './draw-tokens.js';
import { createHistoryStore } from './history-store.js';
import { createPromptStore } from './prompt-store.js';
import { drawToken, type Row, takeToken } from './row.js';

/** Rows that hold on to their batch, and the batch. */
interface Running<Batch> {
  readonly rows: readonly Row[];
  readonly batch: Batch;
}

/** Padded tokens of one pass over prompts, so that its attention does not outgrow memory. */
const PREFILL_TOKENS = 8192;
/** Rows come and go when an eighth of the batch is free, where each time copies the cache. */
const SHARE = 8;

/**
 * Decodes rows of any number of calls as one batch. One loop runs while there are rows; it ends by itself.
 *
 * @param engine refreshed before every pass
 * @param vocabularySize V
 */
export function createScheduler<Batch>(
  engine: DecodeEngine<Batch>,
  vocabularySize: number,
  maxBatchSize: number,
): { readonly add: (rows: readonly Row[]) => void } {
  const scratch = new Float64Array(vocabularySize);
  const prompts = createPromptStore(engine);
  const histories = createHistoryStore(engine, maxBatchSize);
  let waiting: Row[] = [];
  let running: Running<Batch> | undefined;
  let isLooping = false;

  /** Ends the calls of all rows that are decoded; those that wait go on. */
  function failRunning(error: unknown, rows: readonly Row[] = running?.rows ?? []): void {
    for (const row of rows) row.call.fail(error);
    if (running) engine.free(running.batch);
    running = undefined;
    prompts.clear();
    histories.clear();
  }

  /** Takes up the weights of this pass. Keys and values of other weights would make a distribution of neither. */
  async function refresh(): Promise<void> {
    if (!(await engine.refresh())) return;
    const count = running?.rows.filter(isAlive).length ?? 0;
    if (count > 0) {
      failRunning(
        new Error(
          `sample: needs the same weights from a request's first token to its last, got other ones while ${count} requests were decoded. Await them before optimStep or load.`,
        ),
      );
    }
    prompts.clear();
    histories.clear();
  }

  /** Rows that have ended and are worth dropping, and room that is worth filling. */
  const worthwhile = (rows: number) => (engine.isPaged ? 1 : Math.ceil(rows / SHARE));

  function take(
    rows: readonly Row[],
    logitsOf: (r: number) => Pick<AskedToken, 'logits' | 'at'>,
  ): void {
    const asked = rows.flatMap((row, r) =>
      isAlive(row) && row.pending.length === 0
        ? [{ row, ...logitsOf(r), uniform: row.random.next() }]
        : [],
    );
    const tokens = drawTokens(engine, asked);
    for (const [i, { row, logits, at, uniform }] of asked.entries()) {
      if (!isAlive(row)) continue; // a listener has just ended its call
      try {
        const own = () => logits.subarray(at * vocabularySize, (at + 1) * vocabularySize);
        takeToken(row, tokens[i] ?? drawToken(row, own(), uniform, scratch));
      } catch (error) {
        row.call.fail(error);
      }
    }
  }

  /** Waiting rows for which there is room, no more than one pass over their prompts can hold. */
  function nextRows(): Row[] {
    waiting = waiting.filter(isAlive);
    const free = maxBatchSize - (running?.rows.filter(isAlive).length ?? 0);
    const isWorthIt = free >= Math.min(waiting.length, worthwhile(maxBatchSize));
    if (waiting.length === 0 || free === 0 || !isWorthIt) return [];
    const keys = new Set<string>();
    let longest = 0;
    const end = waiting.slice(0, free).findIndex(({ prompt, promptKey }, i) => {
      if (!prompts.has(promptKey)) {
        keys.add(promptKey);
        longest = Math.max(longest, prompt.length);
      }
      return i > 0 && keys.size * longest > PREFILL_TOKENS;
    });
    return waiting.splice(0, end === -1 ? free : end);
  }

  /** Runs new rows up to their first token and puts those that go on into the batch. */
  async function admit(): Promise<boolean> {
    await refresh();
    resume();
    const rows = nextRows();
    if (waiting.length === 0 && rows.length === 0) prompts.clear(); // who waited may have been aborted
    if (rows.length === 0) return false;
    try {
      const fresh = new Map<string, readonly number[]>();
      for (const { promptKey, prompt } of rows) {
        if (!prompts.has(promptKey)) fresh.set(promptKey, prompt);
      }
      if (fresh.size > 0) {
        prompts.put(
          [...fresh.keys()],
          await engine.prefill([...fresh.values()], areTrainedOn(rows)),
        );
      }
      take(rows, (r) => prompts.logits(rows[r].promptKey));
      const going = rows.filter(isAlive);
      if (going.length > 0) {
        addRows(going, prompts.branch(going.map(({ promptKey }) => promptKey)));
      }
      prompts.keepOnly(new Set(waiting.map(({ promptKey }) => promptKey)), maxBatchSize);
      compact(worthwhile(running?.rows.length ?? 0));
    } catch (error) {
      failRunning(error, [...rows, ...(running?.rows ?? [])]);
    }
    return true;
  }

  /** Puts waiting rows whose prompts go on from a history into the batch: what is new is run token by token. */
  function resume(): void {
    const free = maxBatchSize - (running?.rows.filter(isAlive).length ?? 0);
    const resumed: { readonly row: Row; readonly batch: Batch }[] = [];
    for (const row of waiting.filter(isAlive)) {
      if (resumed.length === free) break;
      const history = row.call.options.isContinued ? histories.take(row.prompt) : undefined;
      if (history === undefined) continue;
      row.pending = row.prompt.slice(history.length);
      resumed.push({ row, batch: history.batch });
    }
    if (resumed.length === 0) return;
    const taken = new Set(resumed.map(({ row }) => row));
    waiting = waiting.filter((row) => !taken.has(row));
    addRows(
      resumed.map(({ row }) => row),
      resumed.map(({ batch }) => batch),
    );
  }

  /** Puts rows with their batches, which are taken over, below those that are decoded. */
  function addRows(rows: readonly Row[], batches: readonly Batch[]): void {
    compact(1);
    const before = running ? [running] : [];
    running = undefined; // the join takes its batch over
    running = {
      rows: [...before.flatMap((part) => part.rows), ...rows],
      batch: engine.join([...before.map(({ batch }) => batch), ...batches]),
    };
  }

  /** Keeps rows that have just ended, where a later prompt may go on from them. Their last token was not run. */
  function remember(before: ReadonlySet<Row>): void {
    if (running === undefined) return;
    const { rows, batch } = running;
    const ended = [...rows.keys()].filter(
      (r) => rows[r].isDone && rows[r].call.options.isContinued && before.has(rows[r]),
    );
    histories.keep(
      batch,
      ended.map((row) => ({ row, ids: [...rows[row].prompt, ...rows[row].ids.slice(0, -1)] })),
    );
  }

  /** Drops rows that have ended, once they are as many as `least`. */
  function compact(least: number): void {
    if (running === undefined) return;
    const { rows, batch } = running;
    const going = [...rows.keys()].filter((r) => isAlive(rows[r]));
    if (going.length > 0 && rows.length - going.length < least) return;
    running = undefined;
    const kept = going.length > 0 ? engine.pick(batch, going) : undefined;
    engine.free(batch);
    if (kept !== undefined) running = { rows: going.map((r) => rows[r]), batch: kept };
  }

  async function step(): Promise<void> {
    await refresh();
    if (running === undefined) return;
    const { rows, batch } = running;
    try {
      const last = rows.map(({ ids, pending }) => pending[0] ?? ids.at(-1) ?? 0);
      const next = await engine.step(batch, last, areTrainedOn(rows));
      running = { rows, batch: next.batch };
      const before = new Set(rows.filter(isAlive));
      for (const row of before) row.pending = row.pending.slice(1);
      take(rows, (at) => ({ logits: next.logits, at }));
      remember(before);
    } catch (error) {
      failRunning(error);
    }
  }

  async function loop(): Promise<void> {
    while (waiting.length > 0 || running !== undefined) {
      await setImmediate(); // calls of the same turn start together, and the event loop gets its turn
      try {
        if (await admit()) await setImmediate();
        await step();
        compact(worthwhile(running?.rows.length ?? 0));
      } catch (error) {
        failRunning(error, [...(running?.rows ?? []), ...waiting]);
        waiting = [];
      }
    }
    isLooping = false;
  }

  return {
    add: (rows) => {
      waiting = [...waiting, ...rows];
      if (isLooping) return;
      isLooping = true;
      void loop();
    },
  };
}

/** Whether any of the rows will be trained on. */
function areTrainedOn(rows: readonly Row[]): boolean {
  return rows.some(({ call }) => call.options.isTrainedOn);
}

function isAlive({ call, isDone }: Row): boolean {
  return !isDone && !call.isOver;
}
