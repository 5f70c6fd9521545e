/**
 * Runs to look at: the demo's task trained as it should be, and four times with one thing wrong. What the guide on
 * watching a run draws comes from here.
 *
 *   npm run watched [-- --only healthy --steps 60 --prompts 16 --warm-steps 250 --out runs/watched --data docs/guides/data]
 *   npm run watched -- --alarms     trains nothing: works the alarms out again from the data that is there
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Dataset } from '@grpo/envs';
import { createChatFormat, LanguageModel } from '@grpo/policy';
import { clippedLoss } from '@grpo/policy-loss';
import { numericAnswer, type Reward } from '@grpo/rewards';
import { initBackend } from '@grpo/tensor';
import { alarmsOf, type MetricsRecord, progressBar, type TrainConfig, train } from '@grpo/trainer';
import { prepare, type Start } from './arm.js';
import { env, MAX_COMPLETION_LENGTH, rewards } from './experiment.js';

/** What a run differs in from the healthy one. */
interface Watched {
  /** For the page: what was changed. */
  readonly change: string;
  readonly config?: Partial<TrainConfig>;
  readonly rewards?: readonly Reward[];
  readonly dataset?: (dataset: Dataset) => Dataset;
}

const LONG = 32; // tokens, where the others have 8: room to be long in

/** Pays for every character: the mistake of a reward that means to ask for explanations. */
const thorough: Reward = { name: 'thorough', fn: ({ completion }) => completion.length / 2 };

/** The answer of one row, held against all: a slip in a column's name is enough. */
const always20: Reward = {
  name: 'always20',
  fn: ({ completion }) => (completion.includes('<answer>20</answer>') ? 1 : 0),
};

const RUNS: Readonly<Record<string, Watched>> = {
  healthy: { change: 'nothing' },
  'learning-rate': {
    change: 'learningRate 3e-3 instead of 3e-4',
    config: { learningRate: 3e-3, maxSteps: 30 },
  },
  length: {
    change: 'a reward that pays 0.5 per character beside the right answer, and room for 32 tokens',
    config: { maxCompletionLength: LONG, maxSteps: 40 },
    rewards: [...rewards, thorough],
  },
  'equal-groups': {
    change: 'the answer asked for is the product of the digits, which the model cannot know',
    config: { maxSteps: 30 },
    dataset: (dataset) => ({ ...dataset, tasks: dataset.tasks.map(asProduct) }),
  },
  entropy: {
    change: 'a checker that compares every answer with 20, and learningRate 1e-3',
    config: { learningRate: 1e-3, maxSteps: 40 },
    rewards: [{ ...numericAnswer(), weight: 0 }, always20],
  },
};

/** Metrics that are drawn, or that an alarm looks at. */
const KEPT = [
  'reward',
  'rewards/numericAnswer/mean',
  'frac_reward_zero_std',
  'completions/mean_length',
  'completions/clipped_ratio',
  'entropy',
  'kl',
  'grad_norm',
  'learning_rate',
];

const root = fileURLToPath(new URL('../../..', import.meta.url));
const { values: args } = parseArgs({
  options: {
    only: { type: 'string', default: Object.keys(RUNS).join(',') },
    steps: { type: 'string', default: '60' },
    prompts: { type: 'string', default: '16' },
    'warm-steps': { type: 'string', default: '250' },
    out: { type: 'string', default: 'runs/watched' },
    data: { type: 'string', default: 'docs/guides/data' },
    alarms: { type: 'boolean', default: false },
  },
});

/** Trains one run and writes what is kept of it. */
async function watch(name: string, start: Start, folder: string): Promise<void> {
  const run = RUNS[name];
  const policy = LanguageModel.open(start.model);
  const reference = LanguageModel.open(start.model);
  const maxSteps = run.config?.maxSteps ?? Number(args.steps);
  const config = {
    seed: start.seed,
    maxSteps,
    promptsPerStep: Number(args.prompts),
    numGenerations: 8,
    maxCompletionLength: MAX_COMPLETION_LENGTH,
    learningRate: 3e-4,
    lrSchedulerType: 'cosine' as const,
    warmupSteps: 5,
    ...run.config,
  };
  rmSync(folder, { recursive: true, force: true });
  console.log(`${name}: ${run.change}`);
  const records = await train({
    parts: {
      policy,
      reference,
      chat: createChatFormat(policy.textFiles),
      env,
      dataset: run.dataset?.(start.training) ?? start.training,
      rewards: run.rewards ?? rewards,
      advantage: 'group-relative',
      loss: clippedLoss({ epsilon: 0.2, beta: 0.01 }),
    },
    config,
    folder,
    trackers: [progressBar(maxSteps)],
  });
  policy.dispose();
  reference.dispose();
  if (records.length < maxSteps) process.exit(1); // stopped by a signal: half a run is no figure
  write({ name, change: run.change, config, metrics: columnsOf(records) });
}

/** What is kept of a run: one list for each of some metrics. */
interface Kept {
  readonly name: string;
  readonly change: string;
  readonly config: Partial<TrainConfig>;
  readonly metrics: Readonly<Record<string, readonly number[]>>;
}

/** Numbers to four digits. */
function columnsOf(records: readonly MetricsRecord[]): Kept['metrics'] {
  return Object.fromEntries(
    KEPT.filter((metric) => records[0][metric] !== undefined).map((metric) => [
      metric,
      records.map((record) => Number(record[metric].toPrecision(4))),
    ]),
  );
}

/** Writes a run, a line per metric, with the alarms that these numbers set off. */
function write({ name, change, config, metrics }: Kept): void {
  const records = metrics.reward.map(
    (_, i): MetricsRecord => ({
      ...Object.fromEntries(Object.entries(metrics).map(([metric, values]) => [metric, values[i]])),
      step: i + 1,
    }),
  );
  const alarms = records.flatMap((_, i) => alarmsOf(records.slice(0, i + 1)));
  const text = JSON.stringify({ name, change, config, metrics, alarms });
  const path = dataFile(name);
  writeFileSync(path, `${text.replaceAll('],"', '],\n"').replaceAll('},{', '},\n{')}\n`);
  console.log(`Written: ${relative('.', path)}`);
}

function dataFile(name: string): string {
  return resolve(root, args.data, `${name}.json`);
}

function asProduct<T extends { readonly row: Readonly<Record<string, unknown>> }>(task: T): T {
  const digits = String(task.row.prompt).split('+').map(Number);
  return { ...task, row: { ...task.row, answer: String(digits.reduce((a, b) => a * b)) } };
}

const out = resolve(root, args.out);
mkdirSync(resolve(root, args.data), { recursive: true });
const names = args.only.split(',');
if (args.alarms) {
  for (const name of names) write(JSON.parse(readFileSync(dataFile(name), 'utf8')) as Kept);
} else {
  const backend = await initBackend();
  console.log(`Backend: ${backend.description}.`);
  const start = await prepare(join(out, 'start'), {
    seed: 1,
    warmSteps: Number(args['warm-steps']),
    heldOut: 1,
  });
  for (const name of names) await watch(name, start, join(out, name));
}
