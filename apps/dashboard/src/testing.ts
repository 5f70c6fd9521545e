/** Made-up runs, for tests and for looking at the page: what a trainer would write, without training. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { appendJsonLines, runFiles } from '@grpo/trainer';
import type { EpisodeLine, RunEvent } from './types.js';

export interface MadeUpRun {
  readonly steps: number;
  /** Metrics besides the ten that are always there. */
  readonly metrics?: number;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly episodes?: readonly EpisodeLine[];
  readonly events?: readonly RunEvent[];
  /** Shifts the curves, so that runs differ. */
  readonly shift?: number;
}

/** Writes a run into a folder. */
export function writeRun(folder: string, run: MadeUpRun): void {
  const files = runFiles(folder);
  mkdirSync(files.checkpoints, { recursive: true });
  const config = { seed: 1, maxSteps: run.steps, learningRate: 1e-6, ...run.config };
  writeFileSync(files.config, JSON.stringify(config));
  writeFileSync(files.run, JSON.stringify({ loss: 'grpo', advantage: 'group-relative' }));
  const { steps, metrics = 0, shift = 0 } = run;
  const lines: string[] = [];
  for (let step = 1; step <= steps; step++) lines.push(metricsLine(step, steps, metrics, shift));
  writeFileSync(files.metrics, lines.join(''));
  appendJsonLines(files.episodes, run.episodes ?? []);
  appendJsonLines(files.events, run.events ?? [{ ...startedAt(0), fields: { maxSteps: steps } }]);
}

/** One line of metrics.jsonl; the curves rise, fall and swing, the same each time. */
export function metricsLine(step: number, steps: number, extra = 0, shift = 0): string {
  const x = step / steps;
  const swing = (n: number) => Math.sin(step * 12.9898 * n) * Math.cos(step * 4.1414 + n);
  const record: Record<string, number> = {
    reward: 0.2 + 0.6 * x + 0.05 * swing(1) + shift,
    reward_std: 0.4 - 0.2 * x + 0.02 * swing(2),
    'rewards/answer/mean': 0.1 + 0.6 * x + 0.05 * swing(3) + shift,
    kl: 0.04 * x + 0.004 * (1 + swing(4)),
    entropy: 1.2 - 0.7 * x + 0.04 * swing(5),
    'clip_ratio/region_mean': 0.02 + 0.01 * swing(6),
    grad_norm: 0.8 + 0.3 * swing(7),
    'completions/mean_length': 40 + 30 * x + 4 * swing(8),
    num_tokens: step * 2000,
    ...(step % Math.max(1, Math.round(steps / 12)) === 0 && {
      'eval/reward': 0.2 + 0.6 * x + shift,
    }),
    step,
    'time/step': 2 + 0.3 * swing(9),
    'time/tokens_per_second': 1000 + 90 * swing(10),
  };
  for (let i = 0; i < extra; i++) record[`extra/metric_${i}`] = swing(11 + i);
  return `${JSON.stringify(record)}\n`;
}

/** One line of episodes.jsonl: a prompt of two tokens and an answer of three, unless told otherwise. */
export function episodeLine(change: Partial<EpisodeLine> = {}): EpisodeLine {
  return {
    step: 1,
    group: '0',
    task: 'train.jsonl:1',
    messages: [
      { role: 'user', content: 'How much is 2 + 2?' },
      { role: 'assistant', content: '4' },
    ],
    end: 'terminated',
    rewards: { answer: 1, format: null },
    parts: { 'answer/exact': 1 },
    advantage: 0.5,
    ids: [5, 6, 7, 8, 9],
    mask: [0, 0, 1, 1, 1],
    logProbs: [0, 0, -0.1, -1.5, -4],
    ...change,
  };
}

export function startedAt(step: number): RunEvent {
  return {
    time: '2026-11-01T12:00:00.000Z',
    level: 'info',
    event: 'started',
    step,
    message: 'Training begins.',
  };
}
