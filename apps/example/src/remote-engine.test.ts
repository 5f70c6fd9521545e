import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { groupRelative } from '@grpo/advantage';
import { singleTurn } from '@grpo/envs';
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
import { connectTinker, tinkerPolicy, tinkerReference } from '@grpo/tinker';
import { type SeenRequest, startStandIn } from '@grpo/tinker/testing';
import { type NamedParts, train } from '@grpo/trainer';
import { afterAll, beforeAll, expect, test } from 'vitest';

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

/** What does not change between this machine and a server. */
const parts = (policy: TrainablePolicy, change: Partial<NamedParts> = {}): NamedParts => ({
  policy,
  chat: createChatFormat(textFiles),
  dataset,
  env: singleTurn(),
  rewards: [sevens],
  advantage: groupRelative(),
  loss: clippedLoss({ beta: 0.01 }),
  ...change,
});
const LORA = { baseModel: 'base-models/tiny', rank: 4, seed: 1 };
/** Seconds on a free machine; tests share theirs. */
const PATIENCE_MS = 240_000;
const quiet = { say: () => {}, handlesSignals: false };

test(
  'the reward rises on a server, with the loss and the parts of a run on this machine',
  async () => {
    const server = await serve('learns');
    const client = await connectTinker({ url: server.url });
    const policy = await tinkerPolicy(client, LORA);
    const reference = await tinkerReference(client, LORA);
    const folder = join(scratch, 'run');
    const records = await train({ ...quiet, parts: parts(policy, { reference }), config, folder });

    expect(policy.reduction).toBe('skyrl-jax');
    expect(records).toHaveLength(8);
    expect(records[0].reward).toBeLessThan(0.3);
    expect(records[7].reward).toBeGreaterThan(records[0].reward + 0.5);
    for (const record of records) {
      expect(record['sampling/sampling_logp_difference/max']).toBeLessThan(1e-4);
      for (const [name, value] of Object.entries(record)) {
        expect([name, Number.isFinite(value)]).toEqual([name, true]);
      }
    }
    expect(records[0].kl).toBeCloseTo(0, 6);
    expect(records[7].kl).toBeGreaterThan(0.01);

    client.close();
    await server.dispose();
  },
  PATIENCE_MS,
);

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
            parts: parts(policy, { loss: clippedLoss() }),
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
    const timeless = (records: readonly object[]) =>
      records.map((record) =>
        Object.fromEntries(
          Object.entries(record).filter(([name]) => !/^(time|memory)\//.test(name)),
        ),
      );
    const whole = await run('whole');
    const broken = await run('broken', 4);
    expect(timeless(broken)).toEqual(timeless(whole));
  },
  PATIENCE_MS,
);
