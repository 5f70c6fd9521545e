/**
 * The whole way through: a dataset goes in, a language model learns the format by imitation, is then trained with
 * group relative policy optimisation, and gets measurably better on problems it has never seen.
 *
 *   npm run demo [-- --seed 1 --out runs/demo --resume --shuffle-rewards --steps 100 --prompts 32 --warm-steps 250]
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { groupRelative } from '@grpo/advantage';
import { type Dataset, readJsonl } from '@grpo/envs';
import { chooseSampler } from '@grpo/onnx';
import { createChatFormat, LanguageModel } from '@grpo/policy';
import { clippedLoss } from '@grpo/policy-loss';
import { initBackend } from '@grpo/tensor';
import { evaluate, progressBar, resolveConfig, train } from '@grpo/trainer';
import { accuracy, env, MAX_COMPLETION_LENGTH, percent, rewards, warmStart } from './experiment.js';
import { shuffledRewards } from './shuffled-rewards.js';
import { writeDataset } from './task.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const { values: args } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    out: { type: 'string', default: 'runs/demo' },
    resume: { type: 'boolean', default: false },
    'shuffle-rewards': { type: 'boolean', default: false },
    steps: { type: 'string', default: '100' },
    prompts: { type: 'string', default: '32' },
    'warm-steps': { type: 'string', default: '250' },
  },
});
const seed = Number(args.seed);
const out = resolve(root, args.out);
const started = performance.now();

const GRPO = {
  seed,
  maxSteps: Number(args.steps),
  promptsPerStep: Number(args.prompts),
  numGenerations: 8,
  maxCompletionLength: MAX_COMPLETION_LENGTH,
  learningRate: 3e-4,
  lrSchedulerType: 'cosine' as const,
  warmupSteps: 5,
  evalSteps: 25,
  saveSteps: 10,
};
const EPSILON = 0.2;
const BETA = 0.01;

async function main(): Promise<void> {
  resolveConfig(GRPO); // before the warm start, so that a wrong number is told at once
  const backend = await initBackend();
  console.log(
    `Backend: ${backend.description}. Seed: ${seed}. Folder: ${relative('.', out) || out}`,
  );
  if (!args.resume) rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });

  await writeDataset(join(out, 'data'), seed);
  const training = readJsonl(join(out, 'data', 'train.jsonl'));
  const heldOut = readJsonl(join(out, 'data', 'held-out.jsonl'));
  console.log(`Problems: ${training.tasks.length} to train on, ${heldOut.tasks.length} held out.`);

  const maxSteps = Number(args['warm-steps']);
  const warmFolder = join(out, 'warm-start');
  if (!existsSync(warmFolder)) await warmStart(training, warmFolder, { seed, maxSteps });
  const accuracyWarmStart = await accuracy(warmFolder, heldOut);
  console.log(`After the warm start: ${percent(accuracyWarmStart)} of the held-out problems.`);

  const policy = LanguageModel.open(warmFolder);
  const reference = LanguageModel.open(warmFolder);
  const { name, sampler } = await chooseSampler(policy, { isOnGpu: backend.name === 'gpu' });
  const chat = createChatFormat(policy.textFiles);
  const estimator = groupRelative();
  const advantage = args['shuffle-rewards'] ? shuffledRewards(estimator, seed) : estimator;
  const records = await train({
    parts: {
      policy,
      sampler,
      reference,
      chat,
      env,
      dataset: training,
      rewards,
      advantage,
      loss: clippedLoss({ epsilon: EPSILON, beta: BETA }),
    },
    config: GRPO,
    evalDataset: heldOut,
    folder: join(out, 'grpo'),
    resume: args.resume,
    trackers: [progressBar(GRPO.maxSteps)],
    facts: {
      backend: backend.name,
      sampler: name,
      node: process.version,
      epsilon: EPSILON,
      beta: BETA,
    },
  });
  if (records.length < GRPO.maxSteps) {
    throw new Error(`Stopped after step ${records.length}. Go on with: npm run demo -- --resume`);
  }
  await policy.save(join(out, 'model'));
  policy.dispose();
  reference.dispose();

  const accuracyAfter = await accuracy(join(out, 'model'), heldOut);
  console.log(`After GRPO: ${percent(accuracyAfter)} of the held-out problems.`);
  await answerFive(join(out, 'model'), heldOut);
  writeSummary({
    backend: backend.name,
    seconds: Math.round((performance.now() - started) / 1000),
    seed,
    shuffledRewards: args['shuffle-rewards'],
    accuracyWarmStart,
    accuracyAfter,
    heldOutProblems: heldOut.tasks.length,
  });
}

/** The saved model, read back from disk, at work. */
async function answerFive(folder: string, dataset: Dataset): Promise<void> {
  const policy = LanguageModel.open(folder);
  const parts = { policy, chat: createChatFormat(policy.textFiles), env, rewards };
  const five = { ...dataset, tasks: dataset.tasks.slice(0, 5) };
  const { rollouts } = await evaluate(parts, { ...GRPO, maxTurns: 1 }, five);
  console.log('Five problems, answered by the model read back from disk:');
  for (const { task, episode } of rollouts) {
    console.log(
      `  ${task.messages[0].content}  ${episode.completion}  (right: ${task.row.answer})`,
    );
  }
  policy.dispose();
}

function writeSummary(summary: Readonly<Record<string, unknown>>): void {
  const path = join(out, 'summary.json');
  writeFileSync(`${path}.writing`, `${JSON.stringify(summary, null, 2)}\n`);
  renameSync(`${path}.writing`, path);
  console.log(`Summary (${relative('.', path)}):\n${readFileSync(path, 'utf8')}`);
}

try {
  await main();
} catch (error) {
  // Errors of this project say what to do; a stack would only hide it.
  console.error(`\n${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}
