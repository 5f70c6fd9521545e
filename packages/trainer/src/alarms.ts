import type { MetricsRecord } from './types.js';

/** What an alarm looks at. */
export type AlarmName =
  | 'kl-blow-up'
  | 'reward-collapse'
  | 'entropy-collapse'
  | 'length-explosion'
  | 'equal-groups'
  | 'many-failures'
  | 'gradient-spike'
  | 'tensor-leak';

/** A sign that a run goes wrong. */
export interface Alarm {
  readonly alarm: AlarmName;
  readonly step: number;
  /** The value that set it off, in the unit of its metric. */
  readonly value: number;
  /** What is seen, and what helps. */
  readonly message: string;
}

/** When alarms go off; each can be set to infinity to switch it off. */
export interface AlarmLimits {
  /** Steps of a window: its mean is compared with the best window before it. Default 10. */
  readonly window?: number;
  /** Mean KL per token to the reference, in nats. Default 1. */
  readonly kl?: number;
  /**
   * How far the windowed reward may fall below its best, as a share of the best's distance from the first; a fall
   * that chance explains does not count. Default 0.5.
   */
  readonly rewardFall?: number;
  /** Entropy below this share of the first window's is a collapse. Default 0.1. */
  readonly entropyShare?: number;
  /** Mean length over this multiple of the first window's is an explosion. Default 3. */
  readonly lengthFactor?: number;
  /** Share of groups whose rewards are all equal, in a whole window. Default 0.9. */
  readonly equalGroups?: number;
  /** Share of failed episodes in a window. Default 0.2. */
  readonly failures?: number;
  /** Gradient norm over this multiple of the window's median. Default 20. */
  readonly gradientFactor?: number;
  /** Tensors that a window may add. Default 100. */
  readonly tensors?: number;
}

/** Steps. */
const WINDOW = 10;

/**
 * Looks at the records of a run and tells what goes wrong, once for each time that it begins: what was away for less
 * than a window of steps has not ended. It needs the records alone, so that a resumed run tells what an uninterrupted
 * one tells.
 *
 * @param records those of the run so far, the newest last
 * @returns the alarms that the newest record sets off
 */
export function alarmsOf(records: readonly MetricsRecord[], limits: AlarmLimits = {}): Alarm[] {
  const now = conditions(records, limits);
  if (now.length === 0) return [];
  const { window = WINDOW } = limits;
  const lately = new Set<AlarmName>();
  for (let back = 1; back <= Math.min(window, records.length - 1); back++) {
    for (const { alarm } of conditions(records.slice(0, -back), limits)) lately.add(alarm);
  }
  return now.filter(({ alarm }) => !lately.has(alarm));
}

/** Everything that is wrong at the newest record. */
function conditions(
  records: readonly MetricsRecord[],
  {
    window = WINDOW,
    kl = 1,
    rewardFall = 0.5,
    entropyShare = 0.1,
    lengthFactor = 3,
    equalGroups = 0.9,
    failures = 0.2,
    gradientFactor = 20,
    tensors = 100,
  }: AlarmLimits,
): Alarm[] {
  const step = records.at(-1)?.step ?? 0;
  const found: Alarm[] = [];
  const check = (
    alarm: AlarmName,
    value: number | undefined,
    isWrong: boolean,
    message: string,
  ) => {
    if (value !== undefined && isWrong) found.push({ alarm, step, value, message });
  };
  const series = (name: string) => records.flatMap((record) => record[name] ?? []);

  const klNow = records.at(-1)?.kl;
  check(
    'kl-blow-up',
    klNow,
    klNow !== undefined && !(klNow <= kl),
    `KL to the reference is ${shown(klNow)} nats per token, over ${kl}. Lower the learning rate or raise beta.`,
  );

  const reward = windows(series('reward'), window);
  const best = Math.max(...reward.earlier);
  const fall = (best - reward.now) / Math.max(best - reward.first, 1e-8);
  check(
    'reward-collapse',
    reward.now,
    best > reward.first &&
      fall > rewardFall &&
      best - reward.now > noiseOf(series('reward'), window),
    `The mean reward of ${window} steps fell from ${shown(best)} to ${shown(reward.now)}. Go back to the best checkpoint with a lower learning rate.`,
  );

  const entropy = windows(series('entropy'), window);
  check(
    'entropy-collapse',
    entropy.now,
    entropy.now < entropyShare * entropy.first,
    `Entropy fell from ${shown(entropy.first)} to ${shown(entropy.now)} nats per token: the policy hardly explores. Raise epsilonHigh or add an entropy bonus.`,
  );

  const length = windows(series('completions/mean_length'), window);
  check(
    'length-explosion',
    length.now,
    length.now > lengthFactor * length.first,
    `Completions grew from ${shown(length.first)} to ${shown(length.now)} tokens. Look for a reward that pays length, or use the loss dr-grpo or the reward softOverlong.`,
  );

  const equal = windows(series('frac_reward_zero_std'), window);
  check(
    'equal-groups',
    equal.now,
    equal.now >= equalGroups,
    `In ${shown(100 * equal.now)} % of the groups all rewards are equal: there is nothing to learn from. Use tasks of another difficulty, a finer reward, or dynamicSamplingRounds.`,
  );

  const failed = windows(series('failures/share'), window);
  check(
    'many-failures',
    failed.now,
    failed.now > failures,
    `${shown(100 * failed.now)} % of the episodes failed. Look at failures/… and at the reasons in episodes.jsonl.`,
  );

  const gradients = series('grad_norm');
  const norm = gradients.at(-1);
  const median = medianOf(gradients.slice(-window - 1, -1));
  check(
    'gradient-spike',
    norm,
    gradients.length > window && norm !== undefined && norm > gradientFactor * median,
    `The gradient norm is ${shown(norm)}, where ${shown(median)} was usual. One step is clipped; if it lasts, lower the learning rate.`,
  );

  const held = series('memory/tensors');
  const grown = (held.at(-1) ?? 0) - (held.at(-1 - window) ?? Number.POSITIVE_INFINITY);
  check(
    'tensor-leak',
    held.at(-1),
    grown > tensors,
    `${shown(grown)} more tensors are held than ${window} steps ago. Dispose of what a callback or a custom part makes.`,
  );
  return found;
}

/** Means over windows of n values: the newest, the first, and all before the newest; NaN and none for too few. */
function windows(values: readonly number[], n: number) {
  const meanAt = (end: number) => values.slice(end - n, end).reduce((sum, x) => sum + x, 0) / n;
  if (values.length < n) return { now: Number.NaN, first: Number.NaN, earlier: [] };
  const earlier: number[] = [];
  for (let end = n; end < values.length; end++) earlier.push(meanAt(end));
  return { now: meanAt(values.length), first: meanAt(n), earlier };
}

/** Standard errors between two windows that a difference must pass: the best of many windows is high by chance. */
const STANDARD_ERRORS = 3;

/** The difference of two windows of n values that chance explains, from how much values differ from their neighbours. */
function noiseOf(values: readonly number[], n: number): number {
  const squares = values.slice(1).map((value, i) => (value - values[i]) ** 2);
  const variance =
    squares.reduce((sum, square) => sum + square, 0) / Math.max(1, squares.length) / 2;
  return STANDARD_ERRORS * Math.sqrt((2 * variance) / n);
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function shown(value: number | undefined): string {
  return value === undefined ? 'nothing' : String(Number(value.toPrecision(3)));
}
