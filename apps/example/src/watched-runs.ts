/**
 * Runs to look at: the demo's task trained as it should be, and four times with one thing wrong. What the guide on
 * watching a run draws comes from here.
 *
 *   npm run watched [-- --only healthy --steps 60 --prompts 16 --warm-steps 250 --out runs/watched --data docs/guides/data]
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
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
const thorough: Reward = { name: 'thorough', fn: ({ completion }) => completion.length / 20 };

/** The answer of one row, held against all: a slip in a column's name is enough. */
const always20: Reward = {
  name: 'always20',
  fn: ({ completion }) => (completion.includes('<answer>20</answer>') ? 1 : 0),
};

const RUNS: Readonly<Record<string, Watched>> = {
  healthy: { change: 'nothing' },
  'learning-rate': {
    change: 'learningRate 3e-3 instead of 3e-4',
    config: { learningRate: 3e-3 },
  },
  length: {
    change: 'a reward that pays 0.05 per character beside the right answer, and room for 32 tokens',
    config: { maxCompletionLength: LONG },
    rewards: [...rewards, thorough],
  },
  'equal-groups': {
    change: 'the answer asked for is the product of the digits, which the model cannot know',
    dataset: (dataset) => ({ ...dataset, tasks: dataset.tasks.map(asProduct) }),
  },
  entropy: {
    change: 'a checker that compares every answer with 20, whatever was asked',
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
  },
});

/** Trains one run and writes what is kept of it. */
async function watch(name: string, start: Start, folder: string): Promise<void> {
  const run = RUNS[name];
  const policy = LanguageModel.open(start.model);
  const reference = LanguageModel.open(start.model);
  const maxSteps = Number(args.steps);
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
  const path = resolve(root, args.data, `${name}.json`);
  writeFileSync(path, `${JSON.stringify(kept(name, config, records), null, 1)}\n`);
  console.log(`Written: ${relative('.', path)}`);
}

/** A run as the page needs it: some of its numbers, to four digits, and the alarms that these set off. */
function kept(name: string, config: Partial<TrainConfig>, all: readonly MetricsRecord[]) {
  const metrics = KEPT.filter((metric) => all[0][metric] !== undefined);
  const records = all.map(
    (record): MetricsRecord => ({
      ...Object.fromEntries(
        metrics.map((metric) => [metric, Number(record[metric].toPrecision(4))]),
      ),
      step: record.step,
    }),
  );
  return {
    name,
    change: RUNS[name].change,
    config,
    metrics: Object.fromEntries(
      metrics.map((metric) => [metric, all.map((_, i) => records[i][metric])]),
    ),
    alarms: records.flatMap((_, i) => alarmsOf(records.slice(0, i + 1))),
  };
}

function asProduct<T extends { readonly row: Readonly<Record<string, unknown>> }>(task: T): T {
  const digits = String(task.row.prompt).split('+').map(Number);
  return { ...task, row: { ...task.row, answer: String(digits.reduce((a, b) => a * b)) } };
}

const out = resolve(root, args.out);
mkdirSync(resolve(root, args.data), { recursive: true });
const backend = await initBackend();
console.log(`Backend: ${backend.description}.`);
const start = await prepare(join(out, 'start'), {
  seed: 1,
  warmSteps: Number(args['warm-steps']),
  heldOut: 1,
});
for (const name of args.only.split(',')) await watch(name, start, join(out, name));
