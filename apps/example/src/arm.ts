/** One arm of a comparison: the demo's task, trained from a warm start with an advantage of one's choice. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Named } from '@grpo/advantage';
import { type Dataset, readJsonl } from '@grpo/envs';
import { createChatFormat, LanguageModel } from '@grpo/policy';
import { clippedLoss } from '@grpo/policy-loss';
import { type MetricsRecord, type Tracker, train } from '@grpo/trainer';
import { givenHiddenStates, ValueModel } from '@grpo/value';
import { answered, env, MAX_COMPLETION_LENGTH, rewards, warmStart } from './experiment.js';
import { writeDataset } from './task.js';

/** What an arm differs in. */
export interface Arm {
  readonly advantage: Named;
  /** A value head on the policy's hidden states, which learns with it. */
  readonly hasCritic?: boolean;
  /** The greedy answer to every problem, to be compared with. */
  readonly usesGreedyRollouts?: boolean;
}

/** What all arms of one seed have in common. */
export interface Start {
  readonly seed: number;
  readonly training: Dataset;
  readonly heldOut: Dataset;
  /** The folder of the warm start. */
  readonly model: string;
}

export interface ArmOptions {
  readonly steps: number;
  readonly prompts: number;
  /** The run's folder. */
  readonly folder: string;
  readonly trackers?: readonly Tracker[];
}

/** Updates of the critic before the policy starts to learn. */
const CRITIC_WARM_UP = 5;
const CRITIC_UPDATE = { learningRate: 1e-3, epochs: 4, minibatchSize: 256 };

/**
 * Makes, or finds, the dataset and the warm start of one seed.
 *
 * @param heldOut most problems that accuracy is measured on
 */
export async function prepare(
  folder: string,
  options: { readonly seed: number; readonly warmSteps: number; readonly heldOut: number },
): Promise<Start> {
  const { seed, warmSteps } = options;
  const [data, model] = [join(folder, 'data'), join(folder, 'warm-start')];
  await writeDataset(data, seed);
  const training = readJsonl(join(data, 'train.jsonl'));
  const all = readJsonl(join(data, 'held-out.jsonl'));
  if (!existsSync(model)) await warmStart(training, model, { seed, maxSteps: warmSteps });
  return { seed, training, heldOut: { ...all, tasks: all.tasks.slice(0, options.heldOut) }, model };
}

/**
 * Trains one arm from its warm start; goes on where an earlier run of the same folder stopped.
 *
 * @returns the share of the held-out problems that it then answers rightly, and the records of the run
 */
export async function trainArm(
  arm: Arm,
  { seed, training, heldOut, model }: Start,
  { steps, prompts, folder, trackers = [] }: ArmOptions,
): Promise<{ readonly accuracy: number; readonly records: readonly MetricsRecord[] }> {
  const policy = LanguageModel.open(model);
  const reference = LanguageModel.open(model);
  const valueFunction = arm.hasCritic
    ? new ValueModel(givenHiddenStates(policy.config.hiddenSize), {
        seed,
        warmUpUpdates: Math.min(CRITIC_WARM_UP, steps - 1),
      })
    : undefined;
  const records = await train({
    parts: {
      policy,
      reference,
      chat: createChatFormat(policy.textFiles),
      env,
      dataset: training,
      rewards,
      advantage: arm.advantage,
      ...(valueFunction && { critic: { valueFunction, model: policy, update: CRITIC_UPDATE } }),
      loss: clippedLoss({ epsilon: 0.2, beta: 0.01 }),
    },
    config: {
      seed,
      maxSteps: steps,
      promptsPerStep: prompts,
      numGenerations: 8,
      maxCompletionLength: MAX_COMPLETION_LENGTH,
      usesGreedyRollouts: arm.usesGreedyRollouts ?? false,
      learningRate: 3e-4,
      lrSchedulerType: 'cosine',
      warmupSteps: 5,
    },
    folder,
    resume: true,
    trackers,
    say: () => {},
  });
  if (records.length < steps) {
    throw new Error(
      `trainArm: needs all ${steps} steps, got ${records.length} before it was stopped. Go on with --resume.`,
    );
  }
  const accuracy = await answered(policy, heldOut);
  for (const owner of [policy, reference, valueFunction]) owner?.dispose();
  return { accuracy, records };
}
