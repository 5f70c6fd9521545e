import type { ForwardBackward } from '@grpo/policy';
import type { AnyReward } from '@grpo/rewards';
import type { TrainBatch } from './batch.js';
import type { Rollout, Scores } from './types.js';

/** Metrics of the completions and of each reward; names as TRL's. */
export function rolloutMetrics(
  rollouts: readonly Rollout[],
  scored: Scores,
  rewards: readonly AnyReward[],
): Record<string, number> {
  const lengths = rollouts.map(({ mask }) => mask.filter(Boolean).length);
  const clipped = rollouts.filter(({ episode }) => episode.end === 'length').length;
  const metrics: Record<string, number> = {
    num_tokens: sum(lengths),
    'completions/mean_length': mean(lengths),
    'completions/min_length': Math.min(...lengths),
    'completions/max_length': Math.max(...lengths),
    'completions/clipped_ratio': clipped / rollouts.length,
    'failures/share': new Set(scored.failures.map((f) => f.episode)).size / rollouts.length,
    ...countsOf(scored.failures.map(({ kind }) => `failures/${kind}`)),
  };
  const ended = countsOf(rollouts.flatMap(({ episode }) => episode.stopReason ?? []));
  for (const [reason, count] of Object.entries(ended)) {
    metrics[`stop/${reason}`] = count / rollouts.length;
  }
  const retries = sum(rollouts.map((rollout) => rollout.retries ?? 0));
  if (retries > 0) metrics['rollouts/retries'] = retries;
  for (const [k, { name }] of rewards.entries()) {
    const applicable = scored.values.flatMap((row) => row[k] ?? []);
    if (applicable.length > 0) metrics[`rewards/${name}/mean`] = mean(applicable);
  }
  return { ...metrics, ...partMeans(scored.parts ?? []) };
}

/** The mean of each part of the rewards, over the episodes that have it. */
function partMeans(
  parts: readonly Readonly<Record<string, number | null>>[],
): Record<string, number> {
  const found = new Map<string, number[]>();
  for (const [name, value] of parts.flatMap((one) => Object.entries(one))) {
    if (value !== null) {
      const values = found.get(name);
      if (values) values.push(value);
      else found.set(name, [value]);
    }
  }
  return Object.fromEntries(
    [...found].map(([name, values]) => [`rewards/${name}/mean`, mean(values)]),
  );
}

function countsOf(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

/** Gathers what the passes of one optimizer step report: means weighted by tokens, and the loss as a sum. */
export class LossMetrics {
  readonly #tokens: number;
  readonly #sums = new Map<string, number>();
  #loss = 0;

  /** @param tokens unmasked tokens in all passes of the optimizer step */
  constructor(tokens: number) {
    this.#tokens = tokens;
  }

  add({ loss, metrics }: ForwardBackward, { tokens }: TrainBatch): void {
    this.#loss += loss;
    const share = sum(tokens.mask) / Math.max(1, this.#tokens);
    for (const [name, value] of Object.entries(metrics)) {
      this.#sums.set(name, (this.#sums.get(name) ?? 0) + share * value);
    }
  }

  means(): Record<string, number> {
    return { loss: this.#loss, ...Object.fromEntries(this.#sums) };
  }
}

/** The mean of each metric over records that have the same metrics; nothing for no records. */
export function meanOf(records: readonly Readonly<Record<string, number>>[]) {
  const [first = {}] = records;
  return Object.fromEntries(
    Object.keys(first).map((name) => [name, mean(records.map((record) => record[name]))]),
  );
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

export function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}
