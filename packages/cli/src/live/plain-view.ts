import type { MetricsRecord } from '@grpo/trainer';
import type { Output } from '../output.js';
import { duration, short } from '../text.js';
import { progressClock } from './progress-clock.js';
import type { View } from './view.js';

/** Between two lines, in ms: a run of short steps fills no log. */
const QUIET_MS = 1000;

const SHOWN = [
  ['reward', 'reward'],
  ['kl', 'kl'],
  ['length', 'completions/mean_length'],
  ['tokens/s', 'time/tokens_per_second'],
  ['eval', 'eval/reward'],
] as const;

/**
 * A line now and then, or every record as a line of JSON: for logs and for machines.
 *
 * @param now milliseconds; a clock of one's own for tests
 */
export function plainView(
  output: Output,
  maxSteps: number,
  now: () => number = () => performance.now(),
): View {
  const left = progressClock(maxSteps);
  let written = Number.NEGATIVE_INFINITY;
  return {
    onAdvantages: () => {},
    onStep: (record) => {
      output.json(record, false);
      const seconds = left(record.step, record['time/step'] ?? 0);
      const isDue = record.step >= maxSteps || 'eval/reward' in record;
      if (!isDue && now() - written < QUIET_MS) return;
      written = now();
      output.line(plainLine(record, maxSteps, seconds));
    },
    note: output.note,
    gate: async () => {},
    close: () => {},
  };
}

/** One line about one record. */
export function plainLine(record: MetricsRecord, maxSteps: number, secondsLeft: number): string {
  const values = SHOWN.flatMap(([label, name]) => {
    const value = record[name];
    return value === undefined ? [] : [`${label} ${short(value)}`];
  });
  return [`step ${record.step}/${maxSteps}`, ...values, `${duration(secondsLeft)} left`].join('  ');
}
