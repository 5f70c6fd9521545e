import type { MetricsRecord, Tracker } from './types.js';

const WIDTH = 24; // cells of the bar
const QUIET_MS = 10_000; // between two lines where the output is not a terminal

/** Where a progress bar writes: a terminal redraws one line, anything else gets a line now and then. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/**
 * A tracker that draws how far a run is: reward, KL, clip fraction, tokens per second and time left.
 *
 * @param maxSteps steps of the whole run
 * @param stream default standard error
 * @param now milliseconds; a clock of one's own for tests
 */
export function progressBar(
  maxSteps: number,
  stream: ProgressStream = process.stderr,
  now: () => number = () => performance.now(),
): Tracker {
  let first: { readonly step: number; readonly at: number } | undefined;
  let written = Number.NEGATIVE_INFINITY;
  return (record) => {
    const at = now();
    first ??= { step: record.step - 1, at: at - 1000 * (record['time/step'] ?? 0) };
    const last = record.step >= maxSteps;
    if (!stream.isTTY && !last && at - written < QUIET_MS) return;
    written = at;
    const perStep = (at - first.at) / (record.step - first.step);
    const line = progressLine(record, maxSteps, (perStep * (maxSteps - record.step)) / 1000);
    stream.write(stream.isTTY ? `\r\u001b[K${line}${last ? '\n' : ''}` : `${line}\n`);
  };
}

/**
 * One line about one record.
 *
 * @param secondsLeft estimated time to the end of the run
 */
export function progressLine(record: MetricsRecord, maxSteps: number, secondsLeft: number): string {
  const filled = Math.round((WIDTH * record.step) / maxSteps);
  const bar = '█'.repeat(filled) + '░'.repeat(WIDTH - filled);
  const shown = (label: string, name: string, digits: number) => {
    const value = record[name];
    return value === undefined ? [] : [`${label} ${value.toFixed(digits)}`];
  };
  return [
    `${bar} ${record.step}/${maxSteps}`,
    ...shown('loss', 'supervised/loss', 3),
    ...shown('reward', 'reward', 3),
    ...shown('kl', 'kl', 4),
    ...shown('clipped', 'clip_ratio/region_mean', 4),
    ...shown('tokens/s', 'time/tokens_per_second', 0),
    `${minutes(secondsLeft)} left`,
  ].join('  ');
}

function minutes(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}
