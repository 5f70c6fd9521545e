// What docs/guides/watch.md shows: for each sick run the metrics that tell, beside those of the healthy run.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { figure } from './figure.mjs';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** The panels of each figure: metrics, and the alarm whose steps are marked in it. */
const FIGURES = {
  healthy: [['reward'], ['entropy'], ['kl'], ['frac_reward_zero_std']],
  'learning-rate': [
    ['reward', 'reward-collapse'],
    ['kl', 'kl-blow-up'],
    ['entropy'],
    ['grad_norm'],
  ],
  length: [
    ['reward'],
    ['rewards/numericAnswer/mean'],
    ['completions/mean_length', 'length-explosion'],
    ['completions/clipped_ratio'],
  ],
  'equal-groups': [
    ['reward'],
    ['rewards/numericAnswer/mean'],
    ['frac_reward_zero_std', 'equal-groups'],
    ['grad_norm'],
  ],
  entropy: [
    ['reward'],
    ['rewards/numericAnswer/mean'],
    ['entropy', 'entropy-collapse'],
    ['frac_reward_zero_std'],
  ],
};

/** A run of the example app as it was written down. */
export function readRun(name) {
  return JSON.parse(readFileSync(`${root}docs/guides/data/${name}.json`, 'utf8'));
}

/** Names of files and their texts, made from docs/guides/data. */
export function watchedFigures() {
  const healthy = readRun('healthy');
  return Object.entries(FIGURES).map(([name, metrics]) => {
    const run = readRun(name);
    const shown = run.name === healthy.name ? [healthy] : [healthy, run];
    const panels = metrics.map(([metric, alarm]) => ({
      title: metric,
      lines: shown.map((one) => ({ name: one.name, values: one.metrics[metric] })),
      marks: run.alarms
        .filter((one) => one.alarm === alarm)
        .slice(0, 1)
        .map(({ step }) => ({ step, name: alarm })),
    }));
    return [`docs/guides/plots/${name}.svg`, figure(panels)];
  });
}
