import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { groupRelative } from '@grpo/advantage';
import { EXIT, main } from '@grpo/cli';
import { type Dataset, readJsonl, singleTurn } from '@grpo/envs';
import {
  characterTokenizerFiles,
  createChatFormat,
  LanguageModel,
  llamaConfigJson,
  type TrainablePolicy,
} from '@grpo/policy';
import { clippedLoss } from '@grpo/policy-loss';
import type { Reward } from '@grpo/rewards';
import { initBackend } from '@grpo/tensor';
import { connectTinker, tinkerPolicy } from '@grpo/tinker';
import { type SeenRequest, startStandIn } from '@grpo/tinker/testing';
import { readMetrics, train, trainSupervised } from '@grpo/trainer';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MAX_COMPLETION_LENGTH } from './experiment.js';
import { writeDataset, written } from './task.js';
import { wordModel } from './word-model.js';

const scratch = mkdtempSync(join(tmpdir(), 'grpo-remote-'));
const digits = [...'0123456789'];
const textFiles = characterTokenizerFiles({
  characters: digits.join(''),
  tokens: ['<pad>', '<|user|>', '<|assistant|>', '<|end|>'],
  padToken: '<pad>',
  endToken: '<|end|>',
  chatTemplate:
    '{% for m in messages %}<|{{ m.role }}|>{{ m.content }}{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}',
});
// The server's model: a few thousand weights, small enough to learn in seconds.
const modelConfig = llamaConfigJson({
  vocabularySize: 14,
  hiddenSize: 16,
  intermediateSize: 32,
  layers: 1,
  heads: 2,
  keyValueHeads: 1,
  headSize: 8,
  normEpsilon: 1e-5,
  ropeTheta: 10_000,
  contextLength: 16,
  tiedEmbeddings: true,
  initializerRange: 0.3,
});
const dataset = {
  name: 'digits',
  tasks: digits.map((digit) => ({
    id: digit,
    messages: [{ role: 'user' as const, content: digit }],
    row: { prompt: digit },
  })),
};
/** The share of sevens in an answer. */
const sevens: Reward = {
  name: 'sevens',
  fn: ({ completion }) => [...completion].filter((one) => one === '7').length / 3,
};
const config = {
  seed: 5,
  maxSteps: 8,
  promptsPerStep: 4,
  numGenerations: 4,
  maxCompletionLength: 3,
  learningRate: 0.02,
  saveSteps: 4,
};

beforeAll(async () => {
  await initBackend('wasm');
});
afterAll(() => rmSync(scratch, { recursive: true }));

const serve = (
  name: string,
  fault: (request: SeenRequest) => 'dropped' | undefined = () => undefined,
) =>
  startStandIn({
    createModel: ({ rank, seed }) =>
      LanguageModel.create(modelConfig, textFiles, 3, {
        lora: { rank, alpha: 32, targetModules: 'all-linear', seed },
      }),
    vocabularySize: 14,
    folder: join(scratch, name),
    fault,
  });

const parts = (policy: TrainablePolicy) => ({
  policy,
  chat: createChatFormat(textFiles),
  dataset,
  env: singleTurn(),
  rewards: [sevens],
  advantage: groupRelative(),
  loss: clippedLoss(),
});
const LORA = { baseModel: 'base-models/tiny', rank: 4, seed: 1 };
/** Seconds on a free machine; tests share theirs. */
const PATIENCE_MS = 240_000;
const writeJson = (path: string, value: unknown) => writeFileSync(path, JSON.stringify(value));
const quiet = { say: () => {}, handlesSignals: false };

test(
  "the demo's task is trained through engine: tinker: the reward rises, with the same loss",
  async () => {
    const place = join(scratch, 'demo');
    const model = join(place, 'warm-start');
    await writeDataset(place, 1);
    await imitate(model, readJsonl(join(place, 'train.jsonl')));
    const server = await startStandIn({
      createModel: ({ rank, seed }) =>
        LanguageModel.open(model, {
          lora: { rank, alpha: 32, targetModules: 'all-linear', seed },
        }),
      vocabularySize: 17,
      folder: join(place, 'server'),
    });
    // The demo's task, rewards, advantage and loss; the engine is what moves it to a server.
    writeJson(join(place, 'grpo.config.json'), {
      model: 'warm-start',
      engine: { name: 'tinker', url: server.url, rank: 8 },
      dataset: 'train.jsonl',
      rewards: ['numericAnswer', { name: 'answerFormat', weight: 0.1 }],
      advantage: 'group-relative',
      loss: { name: 'grpo', epsilon: 0.2, beta: 0.01 },
      config: {
        seed: 1,
        maxSteps: 10,
        promptsPerStep: 16,
        numGenerations: 8,
        maxCompletionLength: MAX_COMPLETION_LENGTH,
        learningRate: 5e-4,
      },
    });
    const folder = join(place, 'run');
    const said: string[] = [];
    const write = (text: string) => said.push(text);
    const { stdin } = process;
    const terminal = { stdin, stdout: { write }, stderr: { write }, env: {} };
    const args = ['train', join(place, 'grpo.config.json'), '--folder', folder];

    expect([await main(args, terminal), said.join('')]).toEqual([EXIT.done, expect.any(String)]);
    expect(said.join('')).toContain(
      `Server: ${server.url}, base-models/tiny, rank 8, reduction skyrl-jax`,
    );
    const records = readMetrics(join(folder, 'metrics.jsonl'));
    const rewards = records.map(({ reward }) => reward);
    const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
    expect(mean(rewards.slice(-5))).toBeGreaterThan(rewards[0] + 0.08);
    for (const record of records) {
      // What the sampler said of a token and what the trainer says of it.
      expect(record['sampling/sampling_logp_difference/max']).toBeLessThan(1e-4);
      for (const [name, value] of Object.entries(record)) {
        expect([name, Number.isFinite(value)]).toEqual([name, true]);
      }
    }
    expect(records[0].kl).toBeCloseTo(0, 6);
    expect(records[9].kl).toBeGreaterThan(0.001);
    await server.dispose();
  },
  PATIENCE_MS,
);

/** A model that has the format from a teacher who miscounts, as the demo's, but smaller. */
async function imitate(folder: string, dataset: Dataset): Promise<void> {
  const model = wordModel([...digits, '+', '<answer>', '</answer>'], 1);
  const chat = createChatFormat(model.textFiles);
  const examples = dataset.tasks.map(({ messages, row }) => ({
    promptIds: chat.encodePrompt(messages),
    completionIds: chat.encodeCompletion(written(String(row.demonstration))),
  }));
  const schedule = { lrSchedulerType: 'linear', warmupSteps: 5, maxGradNorm: 1 } as const;
  const config = { seed: 1, maxSteps: 80, batchSize: 64, learningRate: 5e-3, ...schedule };
  await trainSupervised(model, examples, config);
  await model.save(folder);
  model.dispose();
}

test(
  'a server that goes away ends the run with an error; resumed, it ends as one without the break',
  async () => {
    const run = async (name: string, breaksAt?: number) => {
      let steps = 0;
      let isDown = false;
      const server = await serve(name, ({ route }) => {
        if (route === 'optim_step') steps += 1;
        isDown ||= steps === breaksAt;
        return isDown ? 'dropped' : undefined;
      });
      const folder = join(scratch, `${name}-run`);
      const attempt = async (resume: boolean) => {
        const client = await connectTinker({ url: server.url, retries: 2, retryDelayMs: 1 });
        const policy = await tinkerPolicy(client, { ...LORA, reduction: 'skyrl-jax' });
        try {
          return await train({
            ...quiet,
            parts: parts(policy),
            config: { ...config, maxSteps: 4, saveSteps: 2, promptsPerStep: 2 },
            folder,
            resume,
          });
        } finally {
          client.close();
        }
      };
      try {
        if (breaksAt === undefined) return await attempt(false);
        await expect(attempt(false)).rejects.toThrow(
          /optim_step cannot be reached.* Tried 3 times/,
        );
        expect(readdirSync(join(folder, 'checkpoints'))).toContain('step-000002');
        await server.restart();
        isDown = false;
        steps = Number.NEGATIVE_INFINITY;
        return await attempt(true);
      } finally {
        await server.dispose();
      }
    };
    // A server batches samples as they come, so that their log-probs differ in the last digits.
    const numbersOf = (record: object) =>
      Object.entries(record).filter(([name]) => !/^(time|memory)\//.test(name));
    const about = (record: object) =>
      numbersOf(record).map(([name, value]) => [name, expect.closeTo(value, 5)]);
    const whole = await run('whole');
    const broken = await run('broken', 4);
    expect(broken.map(numbersOf)).toEqual(whole.map(about));
  },
  PATIENCE_MS,
);
