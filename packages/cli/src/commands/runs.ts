import { bestStep } from '@grpo/trainer';
import { CommandError, EXIT, type ExitCode } from '../command-error.js';
import type { Output } from '../output.js';
import { type Run, readRun, runsIn } from '../run-folder.js';
import { short, table } from '../text.js';

/** A run in a line. */
interface Summary {
  readonly run: string;
  readonly steps: number;
  readonly maxSteps: number | undefined;
  readonly isOpen: boolean;
  readonly reward: number | undefined;
  readonly kl: number | undefined;
  readonly bestEval: number | undefined;
  readonly changed: string;
}

/** Lists the runs of a folder with what became of them. */
export function listRuns(folder: string, output: Output): ExitCode {
  const summaries = runsIn(folder).map(summaryOf);
  output.json(summaries);
  if (summaries.length === 0) {
    output.line(`No runs in ${folder}. Train one with: grpo train`);
    return EXIT.done;
  }
  const rows = summaries.map((one) => [
    one.run,
    `${one.steps}/${one.maxSteps ?? '?'}${one.isOpen ? ' (open)' : ''}`,
    ...[one.reward, one.kl, one.bestEval].map(shown),
    one.changed.slice(0, 16).replace('T', ' '),
  ]);
  const head = ['run', 'steps', 'reward', 'kl', 'best eval', 'changed (UTC)'];
  for (const line of table([head, ...rows])) output.line(line);
  return EXIT.done;
}

/** Sets runs side by side: the settings in which they differ, and how they ended. */
export function compareRuns(folders: readonly string[], output: Output): ExitCode {
  if (folders.length < 2) {
    throw new CommandError(
      EXIT.usage,
      `grpo runs compare: needs at least two runs, got ${folders.length}. For example: grpo runs compare runs/run-1 runs/run-2`,
    );
  }
  const runs = folders.map(readRun);
  const settings = differing(runs.map(settingsOf));
  const last = runs.map(({ records }) => records.at(-1) ?? {});
  const ends = ['step', 'reward', 'kl', 'entropy', 'completions/mean_length', 'eval/reward'];
  const metrics = ends
    .map((name) => [name, last.map((record) => (record as Record<string, number>)[name])] as const)
    .filter(([, values]) => values.some((value) => value !== undefined));
  output.json({
    runs: folders,
    settings: Object.fromEntries(settings),
    metrics: Object.fromEntries(
      metrics.map(([name, values]) => [name, values.map((v) => v ?? null)]),
    ),
  });
  const rows = [
    ['', ...folders],
    ...settings.map(([name, values]) => [
      name,
      ...values.map((value) => JSON.stringify(value) ?? '-'),
    ]),
    ...metrics.map(([name, values]) => [name, ...values.map(shown)]),
  ];
  for (const line of table(rows)) output.line(line);
  if (settings.length === 0) output.line('All settings are the same.');
  return EXIT.done;
}

function summaryOf(run: Run): Summary {
  const { folder, config, records, isOpen, changed } = run;
  const record = records.at(-1);
  const metric = config.metricForBestModel || 'eval/reward';
  return {
    run: folder,
    steps: record?.step ?? 0,
    // A resume may have raised it since the file was written.
    maxSteps: config.maxSteps && Math.max(config.maxSteps, record?.step ?? 0),
    isOpen,
    reward: record?.reward,
    kl: record?.kl,
    bestEval: bestStep(records, { metric, greaterIsBetter: config.greaterIsBetter ?? true })?.value,
    changed: new Date(changed).toISOString(),
  };
}

function settingsOf({ config, description }: Run): Readonly<Record<string, unknown>> {
  const { preset, advantage, loss, rewards, facts } = description;
  return {
    ...config,
    preset,
    advantage,
    loss,
    rewards,
    model: facts?.model,
    backend: facts?.backend,
  };
}

/** The entries in which the objects differ, by name. */
function differing(
  all: readonly Readonly<Record<string, unknown>>[],
): (readonly [string, readonly unknown[]])[] {
  const names = [...new Set(all.flatMap((one) => Object.keys(one)))];
  return names
    .map((name) => [name, all.map((one) => one[name])] as const)
    .filter(([, values]) => new Set(values.map((value) => JSON.stringify(value))).size > 1);
}

const shown = (value: number | undefined) => (value === undefined ? '-' : short(value));
