/** What the demo's experiments share: rewards, the warm start, accuracy on problems kept out of training. */
import { type Dataset, singleTurn } from '@grpo/envs';
import { chooseSampler } from '@grpo/onnx';
import { createChatFormat, LanguageModel } from '@grpo/policy';
import { answerFormat, numericAnswer } from '@grpo/rewards';
import { evaluate, progressBar, trainSupervised } from '@grpo/trainer';
import { smallModel, written } from './task.js';

/** Tokens of an answer: two tags, two digits, the end, and room for mistakes. */
export const MAX_COMPLETION_LENGTH = 8;

export const rewards = [numericAnswer(), { ...answerFormat(), weight: 0.1 }];
export const env = singleTurn();

/** Imitation of a teacher who is often wrong: the model learns the format and a part of the answers. */
export async function warmStart(
  dataset: Dataset,
  folder: string,
  { seed, maxSteps }: { readonly seed: number; readonly maxSteps: number },
): Promise<void> {
  const model = smallModel(seed);
  const chat = createChatFormat(model.textFiles);
  console.log(`Model: ${(model.parameterCount / 1e6).toFixed(2)} million weights. Warm start:`);
  const examples = dataset.tasks.map(({ messages, row }) => ({
    promptIds: chat.encodePrompt(messages),
    completionIds: chat.encodeCompletion(written(String(row.demonstration))),
  }));
  const config = {
    seed,
    maxSteps,
    batchSize: 128,
    learningRate: 2e-3,
    warmupSteps: 20,
    lrSchedulerType: 'linear' as const,
    maxGradNorm: 1,
  };
  await trainSupervised(model, examples, config, [progressBar(maxSteps)]);
  await model.save(folder);
  model.dispose();
}

/** Share of a dataset that the model in a folder answers rightly. */
export async function accuracy(folder: string, dataset: Dataset): Promise<number> {
  const model = LanguageModel.open(folder);
  const share = await answered(model, dataset);
  model.dispose();
  return share;
}

/** Share of a dataset that a model answers rightly. */
export async function answered(policy: LanguageModel, dataset: Dataset): Promise<number> {
  const { sampler } = await chooseSampler(policy);
  const parts = { policy, sampler, chat: createChatFormat(policy.textFiles), env, rewards };
  const config = { seed: 0, maxCompletionLength: MAX_COMPLETION_LENGTH, maxTurns: 1 };
  const { metrics } = await evaluate(parts, config, dataset);
  return metrics['eval/rewards/numericAnswer/mean'];
}

export const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
