import type { TokenBatch, TrainablePolicy } from '@grpo/policy';
import { expect, test } from 'vitest';
import { trainSupervised } from './supervised.js';

const examples = [
  { promptIds: [1, 2], completionIds: [3, 4] },
  { promptIds: [1], completionIds: [5] },
];
const config = {
  seed: 1,
  maxSteps: 3,
  batchSize: 4,
  learningRate: 0.1,
  warmupSteps: 2,
  lrSchedulerType: 'constant' as const,
  maxGradNorm: 1,
};

/** A policy that gives every token the log-prob −1 and remembers what it was asked. */
function recorder() {
  const batches: TokenBatch[] = [];
  const gradients: Float64Array[] = [];
  const rates: number[] = [];
  const policy: TrainablePolicy = {
    logProbs: async () => new Float64Array(),
    forwardBackward: async (batch, loss) => {
      const logProbs = Float64Array.from(batch.mask, (m) => -m);
      const { loss: value, gradLogProbs } = loss(logProbs);
      batches.push(batch);
      gradients.push(gradLogProbs);
      return { loss: value, metrics: {}, logProbs };
    },
    discardGradients: () => {},
    optimStep: async ({ learningRate }) => {
      rates.push(learningRate);
      return { gradNorm: 1 };
    },
    save: async () => {},
    load: async () => {},
    sampler: () => ({ sample: async () => [] }),
  };
  return { policy, batches, gradients, rates };
}

test('the loss is the mean negative log-likelihood of the answers, with its gradient', async () => {
  const { policy, batches, gradients, rates } = recorder();
  const losses: number[] = [];
  await trainSupervised(policy, examples, config, [
    (record) => void losses.push(record['supervised/loss']),
  ]);
  expect(losses).toHaveLength(3);
  for (const loss of losses) expect(loss).toBeCloseTo(1, 12);
  expect(rates).toEqual([0.05, 0.1, 0.1]);
  for (const [i, { mask, ids, shape }] of batches.entries()) {
    const tokens = mask.reduce((sum, m) => sum + m, 0);
    expect([...gradients[i]]).toEqual([...mask].map((m) => (m === 1 ? -1 / tokens : -0)));
    for (let at = 0; at < ids.length; at++) {
      expect(mask[at]).toBe(ids[at] >= 3 ? 1 : 0);
    }
    expect(shape[0]).toBe(4);
  }
});

test('prompts are learned too where that is asked for', async () => {
  const { policy, batches } = recorder();
  await trainSupervised(policy, examples, { ...config, completionOnlyLoss: false });
  for (const { mask, lengths, shape } of batches) {
    lengths.forEach((length, b) => {
      const row = [...mask.slice(b * shape[1], (b + 1) * shape[1])];
      expect(row).toEqual(row.map((_, t) => (t > 0 && t < length ? 1 : 0)));
    });
  }
});

test('batches depend on seed and step alone', async () => {
  const [a, b] = [recorder(), recorder()];
  await trainSupervised(a.policy, examples, config);
  await trainSupervised(b.policy, examples, { ...config, maxSteps: 2 });
  expect(b.batches).toEqual(a.batches.slice(0, 2));
  const c = recorder();
  await trainSupervised(c.policy, examples, { ...config, seed: 2 });
  expect(c.batches).not.toEqual(a.batches);
});

test('no examples is an error that says so', async () => {
  await expect(trainSupervised(recorder().policy, [], config)).rejects.toThrow(
    'at least one example',
  );
});

test('micro-batches add up to the step', async () => {
  const [whole, parts] = [recorder(), recorder()];
  const losses: number[] = [];
  await trainSupervised(whole.policy, examples, config);
  await trainSupervised(parts.policy, examples, { ...config, microBatchSize: 3 }, [
    (record) => void losses.push(record['supervised/loss']),
  ]);
  expect(parts.batches.map(({ shape }) => shape[0])).toEqual([3, 1, 3, 1, 3, 1]);
  for (const loss of losses) expect(loss).toBeCloseTo(1, 12);
  const learned = (mask: Uint8Array) => mask.reduce((sum, m) => sum + m, 0);
  const perStep = [0, 2, 4].map(
    (i) => learned(parts.batches[i].mask) + learned(parts.batches[i + 1].mask),
  );
  expect(perStep).toEqual(whole.batches.map(({ mask }) => learned(mask)));
  expect(Math.min(...parts.gradients[0])).toBeCloseTo(-1 / perStep[0], 12);
});

test('a conversation is learned where its mask says so, but never its first token', async () => {
  const { policy, batches } = recorder();
  const conversation = { ids: [7, 8, 9, 10], mask: [true, false, true, true] };
  await trainSupervised(policy, [conversation], { ...config, batchSize: 1, maxSteps: 1 });
  expect([...batches[0].ids]).toEqual([7, 8, 9, 10]);
  expect([...batches[0].mask]).toEqual([0, 0, 1, 1]);
});

test('an example without a token to learn is refused', async () => {
  const empty = { ids: [1, 2], mask: [false, false] };
  await expect(trainSupervised(recorder().policy, [...examples, empty], config)).rejects.toThrow(
    'got none in number 2',
  );
});

test('a gradient that is not finite ends the training with the step', async () => {
  const { policy } = recorder();
  const broken = { ...policy, optimStep: async () => ({ gradNorm: Number.NaN, skipped: true }) };
  await expect(trainSupervised(broken, examples, config)).rejects.toThrow('norm NaN in step 1');
});
