import type { JsonLine } from '@grpo/trainer';
import type { EpisodeEntry, EpisodeFilter, EpisodeLine, TaskHistory } from '../types.js';

/** Where an episode's line stands in the file, in bytes. */
export interface Place {
  readonly start: number;
  readonly end: number;
}

/** Characters of an answer that lists show and filters search. */
const ANSWER = 160;

/** What lists and filters need of every episode; 50 000 of them take about 25 MB. */
export class EpisodeIndex {
  readonly #entries: EpisodeEntry[] = [];
  readonly #places: Place[] = [];
  readonly #names = new Map<string, string>();
  readonly #rewardNames = new Set<string>();
  readonly #outcomes = new Set<string>();
  #newest: { key: string; found: readonly EpisodeEntry[] } | undefined;

  get entries(): readonly EpisodeEntry[] {
    return this.#entries;
  }

  get rewardNames(): string[] {
    return [...this.#rewardNames];
  }

  get outcomes(): string[] {
    return [...this.#outcomes].sort();
  }

  place(n: number): Place | undefined {
    return this.#places[n];
  }

  /** @param weights of rewards by their names, 1 where there is none */
  add(
    { record, start, end }: JsonLine<EpisodeLine>,
    weights: Readonly<Record<string, number>> = {},
  ): void {
    const { rewards = {}, messages = [], mask = [] } = record;
    for (const name of Object.keys(rewards)) this.#rewardNames.add(name);
    const entry: EpisodeEntry = {
      n: this.#entries.length,
      step: Number(record.step),
      group: this.#once(record.group),
      task: this.#once(record.task),
      answer: this.#once(answerOf(messages)),
      end: this.#once(record.end),
      stopReason: record.stopReason === undefined ? null : this.#once(record.stopReason),
      failure: record.failure ? this.#once(record.failure.kind) : null,
      rewards,
      rewardSum: Object.entries(rewards).reduce(
        (sum, [name, value]) => sum + (weights[name] ?? 1) * (value ?? 0),
        0,
      ),
      advantage: record.advantage ?? null,
      turns: messages.filter(({ role }) => role === 'assistant').length,
      tokens: mask.reduce((sum, own) => sum + own, 0),
    };
    for (const outcome of outcomesOf(entry)) this.#outcomes.add(outcome);
    this.#entries.push(entry);
    this.#places.push({ start, end });
  }

  /** The episodes that pass a filter, in its order; the newest answer is remembered. */
  select(filter: EpisodeFilter): readonly EpisodeEntry[] {
    const key = JSON.stringify([this.#entries.length, filter]);
    if (this.#newest?.key !== key)
      this.#newest = { key, found: selectEpisodes(this.#entries, filter) };
    return this.#newest.found;
  }

  /** One string for all that are equal: tasks come again and again. */
  #once(text: unknown): string {
    const name = String(text ?? '');
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    this.#names.set(name, name);
    return name;
  }
}

function answerOf(messages: EpisodeLine['messages']): string {
  const said = messages.filter(({ role }) => role === 'assistant').at(-1);
  const beginning = String(said?.content ?? '').slice(0, ANSWER);
  // A copy: a slice would keep the whole answer in memory.
  return Buffer.from(beginning, 'utf16le').toString('utf16le');
}

/** What can be filtered by: how an episode ended, whether it failed, whether it was trained on. */
function outcomesOf({ end, stopReason, failure, advantage }: EpisodeEntry): string[] {
  return [
    ...(failure === null ? [] : ['failed']),
    ...(advantage === null ? ['not trained on'] : []),
    end,
    ...(stopReason === null ? [] : [stopReason]),
  ].filter((outcome) => outcome !== '');
}

export function selectEpisodes(
  entries: readonly EpisodeEntry[],
  filter: EpisodeFilter,
): readonly EpisodeEntry[] {
  const {
    fromStep = Number.NEGATIVE_INFINITY,
    toStep = Number.POSITIVE_INFINITY,
    minReward = Number.NEGATIVE_INFINITY,
    maxReward = Number.POSITIVE_INFINITY,
    text = '',
    task,
    group,
    outcome,
    order = 'newest',
  } = filter;
  const part = text.toLowerCase();
  const found = entries.filter(
    (entry) =>
      entry.step >= fromStep &&
      entry.step <= toStep &&
      entry.rewardSum >= minReward &&
      entry.rewardSum <= maxReward &&
      (part === '' || `${entry.task}\n${entry.answer}`.toLowerCase().includes(part)) &&
      (task === undefined || entry.task === task) &&
      (group === undefined || entry.group === group) &&
      (outcome === undefined || outcomesOf(entry).includes(outcome)),
  );
  switch (order) {
    case 'oldest':
      return found;
    case 'newest':
      return found.sort((a, b) => b.step - a.step || a.n - b.n);
    case 'best':
      return found.sort((a, b) => b.rewardSum - a.rewardSum || b.n - a.n);
    case 'worst':
      return found.sort((a, b) => a.rewardSum - b.rewardSum || b.n - a.n);
    case 'longest':
      return found.sort((a, b) => b.tokens - a.tokens || b.n - a.n);
  }
}

/** Mean, least and greatest sum of rewards of one task's episodes in each step; failed ones are left out. */
export function taskHistory(entries: readonly EpisodeEntry[], task: string): TaskHistory {
  const bySteps = new Map<number, number[]>();
  for (const entry of entries) {
    if (entry.task !== task || entry.failure !== null) continue;
    const sums = bySteps.get(entry.step);
    if (sums) sums.push(entry.rewardSum);
    else bySteps.set(entry.step, [entry.rewardSum]);
  }
  const rows = [...bySteps].sort(([a], [b]) => a - b);
  return {
    steps: rows.map(([step]) => step),
    mean: rows.map(([, sums]) => sums.reduce((total, sum) => total + sum, 0) / sums.length),
    min: rows.map(([, sums]) => Math.min(...sums)),
    max: rows.map(([, sums]) => Math.max(...sums)),
  };
}

/** The other members of an episode's group, and the same task in the steps before and after it. */
export function relatives(entries: readonly EpisodeEntry[], n: number) {
  const own = entries[n];
  const sameTask = entries.filter(({ task }) => task === own.task);
  const first = (found: readonly EpisodeEntry[]) => found[0]?.n ?? null;
  const earlierStep = Math.max(...sameTask.map(({ step }) => (step < own.step ? step : -1)));
  return {
    members: sameTask
      .filter(({ step, group }) => step === own.step && group === own.group)
      .map(({ n, rewardSum, advantage, failure }) => ({ n, rewardSum, advantage, failure })),
    earlier: first(sameTask.filter(({ step }) => step === earlierStep)),
    later: first(sameTask.filter(({ step }) => step > own.step)),
  };
}
