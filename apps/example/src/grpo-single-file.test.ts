import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { groupRelative } from '@grpo/advantage';
import { singleTurn, taskBatch } from '@grpo/envs';
import { createChatFormat, LanguageModel } from '@grpo/policy';
import { clippedLoss } from '@grpo/policy-loss';
import type { Reward } from '@grpo/rewards';
import { readSafetensors } from '@grpo/safetensors';
import { adamWInit, initBackend } from '@grpo/tensor';
import { resolveConfig, trainStep } from '@grpo/trainer';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { grpoStep, type Learner, readWeights } from './grpo-single-file.js';
import { smallModel } from './task.js';

const scratch = mkdtempSync(join(tmpdir(), 'grpo-example-'));
afterAll(() => rmSync(scratch, { recursive: true }));
beforeAll(async () => {
  await initBackend('wasm');
});

/** Pays for digits: a reward that a model with random weights earns now and then. */
const digits = (text: string) => [...text].filter((c) => c >= '0' && c <= '9').length;
const reward: Reward = { name: 'digits', fn: ({ completion }) => digits(completion) };
const dataset = {
  name: 'sums',
  tasks: ['12+34', '56+78', '90+12'].map((content, i) => ({
    id: String(i),
    messages: [{ role: 'user' as const, content }],
    row: {},
  })),
};

test('the single file and the packages take the same steps', async () => {
  const start = join(scratch, 'start');
  const made = smallModel(1);
  await made.save(start);
  made.dispose();
  const config = resolveConfig({
    seed: 9,
    maxSteps: 2,
    promptsPerStep: 2,
    numGenerations: 4,
    maxCompletionLength: 5,
    learningRate: 1e-3,
  });
  const [epsilon, beta] = [0.2, 0.05];

  const policy = LanguageModel.open(start);
  const chat = createChatFormat(policy.textFiles);
  const parts = {
    policy,
    reference: LanguageModel.open(start),
    chat,
    dataset,
    env: singleTurn(),
    rewards: [reward],
    advantage: groupRelative(),
    loss: clippedLoss({ epsilon, beta }),
  };
  const weights = readWeights(start);
  const reference = readWeights(start);
  let learner: Learner = { weights, adam: adamWInit(weights) };

  for (let step = 0; step < config.maxSteps; step++) {
    const { metrics: packages } = await trainStep(parts, config, { step });
    const tasks = taskBatch(dataset, { seed: config.seed, step, size: config.promptsPerStep });
    const problems = tasks.map(({ messages }) => ({
      promptIds: chat.encodePrompt(messages),
      reward: (ids: readonly number[]) => digits(chat.decodeCompletion(ids)),
    }));
    const settings = { ...config, epsilon, beta, stopId: chat.stopIds[0] };
    const single = grpoStep(policy.config, learner, reference, problems, settings, step);
    learner = single.learner;
    expect(packages.reward).toBeGreaterThan(0);
    expect(packages.grad_norm).toBeGreaterThan(0);
    expect(single.reward).toBeCloseTo(packages.reward, 12);
    expect(single.loss).toBeCloseTo(packages.loss, 5);
    expect(single.gradNorm).toBeCloseTo(packages.grad_norm, 4);
  }

  const end = join(scratch, 'end');
  await policy.save(end);
  const trained = readSafetensors(join(end, 'model.safetensors')).tensors;
  const untrained = readSafetensors(join(start, 'model.safetensors')).tensors;
  let [largest, moved] = [0, 0];
  for (const [name, { data }] of trained) {
    const single = learner.weights[name].dataSync();
    data.forEach((value, i) => {
      largest = Math.max(largest, Math.abs(value - single[i]));
      moved = Math.max(moved, Math.abs(value - (untrained.get(name)?.data[i] ?? Number.NaN)));
    });
  }
  expect(moved).toBeGreaterThan(1e-3);
  expect(largest).toBeLessThan(2e-4); // AdamW's first steps divide by |g|: rounding of tiny gradients shows
});
