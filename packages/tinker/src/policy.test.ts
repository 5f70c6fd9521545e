import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TokenBatch, toTokenBatch } from '@grpo/policy';
import { cispoLoss, clippedLoss, gspoLoss, type PolicyLoss } from '@grpo/policy-loss';
import { initBackend } from '@grpo/tensor';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { tinyModel, VOCABULARY_SIZE } from '../fixtures/tiny-model.mjs';
import { connectTinker, tinkerPolicy, tinkerReference } from './index.js';
import { type StandIn, type StandInOptions, startStandIn } from './testing.js';
import type { Carrier, Reduction, TinkerClient, TinkerPolicyOptions } from './types.js';

const scratch = mkdtempSync(join(tmpdir(), 'grpo-tinker-'));
const open: { server: StandIn; client: TinkerClient }[] = [];
beforeAll(async () => {
  await initBackend('wasm');
});
afterEach(async () => {
  for (const { server, client } of open.splice(0)) {
    client.close();
    await server.dispose();
  }
});
afterAll(() => rmSync(scratch, { recursive: true }));

const RANK = 4;
const lora = { baseModel: 'base-models/tiny', rank: RANK, seed: 7 };

async function start(
  change: Partial<StandInOptions> = {},
  options: Partial<TinkerPolicyOptions> = {},
) {
  const folder = mkdtempSync(join(scratch, 'server-'));
  const server = await startStandIn({
    createModel: tinyModel,
    vocabularySize: VOCABULARY_SIZE,
    folder,
    ...change,
  });
  const client = await connectTinker({ url: server.url, retryDelayMs: 1, retries: 2 });
  open.push({ server, client });
  const reduction = change.reduction ?? 'skyrl-jax';
  const policy = await tinkerPolicy(client, { ...lora, reduction, ...options });
  return { server, client, policy };
}

/** Four answers of different lengths; old log-probs away from now, so that losses clip some tokens. */
const sequences = [
  [11, 4, 12, 5, 6, 7, 13],
  [11, 4, 12, 9, 13],
  [11, 8, 12, 1, 2, 3, 4, 5, 6, 13],
  [11, 8, 12, 7, 7, 13],
];
const batch: TokenBatch = toTokenBatch(
  sequences.map((ids) => ({ ids, mask: ids.map((_, t) => t >= 3) })),
);
const advantages = Float64Array.of(1.1, -0.7, 0.4, -0.9);

/** Our loss on a batch, with old log-probs that are off by up to 0.4 nats. */
const asked = (loss: PolicyLoss) => (logProbs: Float64Array) =>
  loss({
    logProbs,
    oldLogProbs: logProbs.map((x, i) => x + 0.4 * Math.sin(7 * i)),
    advantages,
    mask: batch.mask,
    shape: batch.shape,
  });

const largest = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Math.max(...Array.from(a, (x, i) => Math.abs(x - b[i])));

describe('the remote update is the local one', () => {
  const losses: [string, PolicyLoss][] = [
    ['clipped', clippedLoss()],
    ['gspo', gspoLoss()],
    ['cispo', cispoLoss()],
  ];
  const servers: [Reduction, Carrier][] = [
    ['skyrl-jax', 'importance_sampling'],
    ['sum', 'cross_entropy'],
    ['sum', 'importance_sampling'],
  ];
  const cases = losses.flatMap(([name, loss]) =>
    servers.map(([reduction, carrier]) => ({ name, loss, reduction, carrier })),
  );

  test.each(cases)('$name, $reduction, $carrier', async ({ loss, reduction, carrier }) => {
    const { policy } = await start({ reduction }, { carrier });
    const local = tinyModel(lora);
    const before = await local.logProbs(batch);
    for (const _ of [1, 2, 3]) {
      const step = { learningRate: 0.01, maxGradNorm: 1e6 };
      const results = [];
      for (const one of [policy, local]) {
        const pass = await one.forwardBackward(batch, asked(loss), { entropies: true });
        const { gradNorm } = await one.optimStep(step);
        results.push({ loss: pass.loss, gradNorm });
      }
      expect(results[0].loss).toBeCloseTo(results[1].loss, 6);
      expect(results[0].gradNorm / results[1].gradNorm).toBeCloseTo(1, 5);
    }
    const [remote, here] = [await policy.logProbs(batch), await local.logProbs(batch)];
    expect(largest(here, before)).toBeGreaterThan(0.05);
    expect(largest(remote, here)).toBeLessThan(1e-5);
    local.dispose();
  });
});

test('the reference stays at the base model while the policy moves away from it', async () => {
  const { client, policy } = await start();
  const reference = await tinkerReference(client, { baseModel: lora.baseModel, rank: RANK });
  const before = await policy.logProbs(batch);
  const isClose = (a: Float64Array, b: Float64Array) =>
    a.every((x, i) => Math.abs(x - b[i]) < 1e-5);
  expect(isClose(await reference.logProbs(batch), before)).toBe(true);
  await policy.forwardBackward(batch, (logProbs) => ({
    loss: -logProbs.reduce((sum, x) => sum + x, 0),
    gradLogProbs: Float64Array.from(batch.mask, (m) => -m),
  }));
  await policy.optimStep({ learningRate: 0.05 });
  expect(isClose(await policy.logProbs(batch), before)).toBe(false);
  expect(isClose(await reference.logProbs(batch), before)).toBe(true);
  await reference.dispose();
});

test('a frozen sampler keeps its weights while the policy learns, where the server has two sets', async () => {
  const drawn = { maxTokens: 6, stopIds: [] };
  const request = { ids: [11, 4, 12], seed: 3 };
  const { policy } = await start({ reduction: 'sum' });
  const frozen = await policy.frozenSampler?.();
  const before = await frozen?.sample([request], drawn);
  await policy.forwardBackward(batch, asked(clippedLoss()));
  await policy.optimStep({ learningRate: 0.1 });
  expect(await frozen?.sample([request], drawn)).toEqual(before);
  expect(await policy.sampler().sample([request], drawn)).not.toEqual(before);

  const { policy: jax } = await start();
  await expect(jax.frozenSampler?.()).rejects.toThrow('samples come from the weights in training');
});
