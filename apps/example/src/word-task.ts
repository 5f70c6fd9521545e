/** Tasks that a small model learns from random weights, or almost: one arm, before and after. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { groupRelative } from '@grpo/advantage';
import type { Dataset, EnvFactory } from '@grpo/envs';
import { createChatFormat, LanguageModel } from '@grpo/policy';
import { clippedLoss } from '@grpo/policy-loss';
import type { Message, Reward } from '@grpo/rewards';
import {
  type MetricsRecord,
  rollOut,
  type TrainConfig,
  type TrainParts,
  train,
  trainSupervised,
} from '@grpo/trainer';
import { shuffledRewards } from './shuffled-rewards.js';
import { wordModel } from './word-model.js';

/** What is to be learned, and how. */
export interface WordTask {
  /** Everything that model and environment say, in pieces of one token each. */
  readonly words: readonly string[];
  readonly env: EnvFactory;
  readonly training: (seed: number) => Dataset;
  /** The tasks that success is measured on. */
  readonly tested: (seed: number) => Dataset;
  readonly rewards: readonly Reward[];
  /** Conversations that the model imitates before anything else. Default: none, it starts from random weights. */
  readonly demonstrations?: (seed: number) => Promise<readonly (readonly Message[])[]>;
  readonly config: Pick<
    TrainConfig,
    'maxTurns' | 'maxCompletionLength' | 'promptsPerStep' | 'numGenerations' | 'learningRate'
  >;
  /** β of the KL to the model that training began with. */
  readonly beta: number;
}

/** One run of a task. */
export interface ArmOptions {
  readonly seed: number;
  readonly steps: number;
  /** Deal the rewards out anew among the episodes of each step. */
  readonly isControl?: boolean;
  /** Holds the model that the arms of a seed begin with, and a folder for each run. */
  readonly folder: string;
  readonly saveSteps?: number;
}

const EPISODES = 448; // of the share that is reported
const WARM_START = {
  maxSteps: 60,
  batchSize: 64,
  learningRate: 3e-3,
  lrSchedulerType: 'linear',
  warmupSteps: 5,
  maxGradNorm: 1,
} as const;

/** Trains one arm; goes on where an earlier run of the same folder stopped. @returns success before and after */
export async function trainArm(
  task: WordTask,
  { seed, steps, isControl = false, folder, saveSteps = 20 }: ArmOptions,
): Promise<{
  readonly before: number;
  readonly after: number;
  readonly records: readonly MetricsRecord[];
}> {
  const start = await startOf(task, seed, folder);
  const [policy, reference] = [start(), start()];
  const before = await success(task, reference, seed);
  const estimator = groupRelative();
  const parts: TrainParts = {
    policy,
    reference, // the distance to it keeps the model trying
    chat: createChatFormat(policy.textFiles),
    env: task.env,
    dataset: task.training(seed),
    rewards: task.rewards,
    advantage: isControl ? shuffledRewards(estimator, seed) : estimator,
    loss: clippedLoss({ epsilon: 0.2, beta: task.beta }),
  };
  const schedule = { maxSteps: steps, lrSchedulerType: 'linear', warmupSteps: 5 } as const;
  const records = await train({
    parts,
    config: { ...task.config, ...schedule, seed, saveSteps },
    folder: join(folder, isControl ? 'control' : 'grpo'),
    resume: true,
    say: () => {},
  });
  const after = await success(task, policy, seed);
  for (const model of [policy, reference]) model.dispose();
  return { before, after, records };
}

/** Share of episodes that the environment pays in full; the model samples what it says. */
async function success(task: WordTask, policy: LanguageModel, seed: number): Promise<number> {
  const { tasks } = task.tested(seed);
  const episodes = await rollOut(tasks, Math.ceil(EPISODES / tasks.length), {
    ...task.config,
    env: task.env,
    chat: createChatFormat(policy.textFiles),
    sampler: policy.sampler(),
    temperature: 1,
    key: ['success'],
  });
  return episodes.filter(({ episode }) => episode.environmentReward === 1).length / episodes.length;
}

/** Makes, or finds, the model that the arms of a seed begin with. @returns what opens it, as often as wanted */
async function startOf(
  { words, demonstrations }: WordTask,
  seed: number,
  folder: string,
): Promise<() => LanguageModel> {
  if (!demonstrations) return () => wordModel(words, seed);
  const saved = join(folder, 'warm-start');
  if (!existsSync(saved)) {
    const model = wordModel(words, seed);
    const chat = createChatFormat(model.textFiles);
    const examples = (await demonstrations(seed)).map((told) => chat.encodeConversation(told));
    await trainSupervised(model, examples, { ...WARM_START, seed });
    await model.save(saved);
    model.dispose();
  }
  return () => LanguageModel.open(saved);
}
