import type { ForwardBackward, LogProbLoss, OptimStep, TrainablePolicy } from '@grpo/policy';
import { clippedLoss, compose } from '@grpo/policy-loss';
import { initBackend } from '@grpo/tensor';
import { beforeAll, describe, expect, test } from 'vitest';
import { tinyModel } from '../fixtures/tiny-run.mjs';
import { resolveConfig } from './config.js';
import { type Lesson, optimise } from './optimise.js';
import type { Rollout, TrainConfig } from './types.js';

const TOKENS = 3;

/** A prompt token and the model's own, of different number. */
function rollout(number: number, group: number): Rollout {
  const own = 1 + (number % TOKENS);
  return {
    task: { id: String(group), messages: [], row: {} },
    groupId: String(group),
    ids: [2, ...Array.from({ length: own }, (_, t) => 4 + ((number + t) % 10))],
    mask: [false, ...Array.from({ length: own }, () => true)],
    logProbs: [0, ...Array.from({ length: own }, (_, t) => -2 - 0.1 * ((number + t) % 4))],
    turnRewards: [],
    episode: { messages: [], completion: '', row: {}, environmentReward: 0, end: 'terminated' },
  };
}
const lessonOf = (groups: number, size: number): Lesson => ({
  rollouts: Array.from({ length: groups * size }, (_, i) => rollout(i, Math.floor(i / size))),
  advantages: Float64Array.from({ length: groups * size }, (_, i) => Math.sin(3 * i + 1)),
});
const configOf = (change: Partial<TrainConfig>) =>
  resolveConfig({ maxSteps: 10, learningRate: 0.01, ...change });

/** Writes down what it is asked, and has the log-prob −1 for every token of the model. */
function listening({ gradNorms = [] as number[], logProb = -1 } = {}) {
  const passes: { shape: readonly number[]; ids: readonly number[] }[] = [];
  const steps: OptimStep[] = [];
  let discarded = 0;
  const policy = {
    forwardBackward: async (
      { ids, mask, shape }: { ids: Int32Array; mask: Uint8Array; shape: readonly number[] },
      onLogProbs: LogProbLoss,
    ): Promise<ForwardBackward> => {
      passes.push({ shape, ids: [...ids] });
      const logProbs = Float64Array.from(mask, (own) => (own ? logProb : 0));
      const { loss, metrics = {} } = onLogProbs(logProbs, {});
      return { loss, metrics, logProbs };
    },
    optimStep: async (options: OptimStep) => {
      steps.push(options);
      const gradNorm = gradNorms[steps.length - 1] ?? 1;
      return { gradNorm, ...(Number.isFinite(gradNorm) ? {} : { skipped: true }) };
    },
    discardGradients: () => {
      discarded++;
    },
  } as unknown as TrainablePolicy;
  return { policy, passes, steps, discarded: () => discarded };
}

describe('minibatches', () => {
  test('without a size every pass takes all sequences in one optimizer step', async () => {
    const { policy, passes, steps } = listening();
    const { metrics } = await optimise(
      { policy, loss: clippedLoss() },
      configOf({ numIterations: 3 }),
      0,
      lessonOf(2, 4),
    );
    expect(passes.map(({ shape }) => shape)).toEqual([
      [8, 4],
      [8, 4],
      [8, 4],
    ]);
    expect(steps).toHaveLength(3);
    expect(metrics.learning_rate).toBe(0.01);
    expect(metrics.skipped_steps).toBe(0);
  });

  test('of a size hold whole groups, each sequence once per pass, in an order of their own', async () => {
    const { policy, passes, steps } = listening();
    const config = configOf({ numIterations: 2, numGenerations: 2, miniBatchSize: 4 });
    await optimise({ policy, loss: clippedLoss() }, config, 0, lessonOf(8, 2));
    expect(steps).toHaveLength(8);
    const firsts = passes.map(({ ids, shape: [, T] }) => ids.filter((_, i) => i % T === 1));
    const orders = [firsts.slice(0, 4), firsts.slice(4)].map((pass) => pass.flat());
    const expected = lessonOf(8, 2).rollouts.map(({ ids }) => ids[1]);
    for (const order of orders) expect([...order].sort()).toEqual([...expected].sort());
    expect(orders[0]).not.toEqual(orders[1]);
    expect(orders[0]).not.toEqual(expected);
    const again = listening();
    await optimise({ policy: again.policy, loss: clippedLoss() }, config, 0, lessonOf(8, 2));
    expect(again.passes).toEqual(passes); // the seed and the step decide
  });

  test('are cut into micro-batches that share one optimizer step and its number of tokens', async () => {
    const { policy, passes, steps } = listening();
    const seen: (number | undefined)[] = [];
    const loss = clippedLoss();
    const counted = Object.assign((input: Parameters<typeof loss>[0]) => {
      seen.push(input.step?.tokens);
      return loss(input);
    }, loss);
    const config = configOf({ numGenerations: 4, miniBatchSize: 8, microBatchSize: 3 });
    const lesson = lessonOf(2, 4);
    await optimise({ policy, loss: counted }, config, 0, lesson);
    expect(passes.map(({ shape: [b] }) => b)).toEqual([3, 3, 2]);
    expect(steps).toHaveLength(1);
    const tokens = lesson.rollouts.flatMap(({ mask }) => mask.filter(Boolean)).length;
    expect(seen).toEqual([tokens, tokens, tokens]);
  });
});

test('a minibatch without a token to learn from takes no optimizer step, and is no fault', async () => {
  const { policy, passes, steps } = listening();
  const { rollouts, advantages } = lessonOf(2, 2);
  const masked = rollouts.map((one, i) =>
    i < 2 ? { ...one, mask: one.mask.map(() => false) } : one,
  );
  const config = configOf({ numGenerations: 2, miniBatchSize: 2 });
  const { skipped } = await optimise({ policy, loss: clippedLoss() }, config, 0, {
    rollouts: masked,
    advantages,
  });
  expect([passes.length, steps.length, skipped]).toEqual([1, 1, []]);
});

test('the optimizer gets its settings from the configuration', async () => {
  const optimizers = await Promise.all(
    (['adamw', 'adam', 'sgd', 'lion'] as const).map(async (optim) => {
      const { policy, steps } = listening();
      const config = configOf({ optim, weightDecay: 0.1, adamBeta2: 0.99, momentum: 0.8 });
      await optimise({ policy, loss: clippedLoss() }, config, 0, lessonOf(1, 2));
      return steps[0].optimizer;
    }),
  );
  const betas = { beta1: 0.9, beta2: 0.99 };
  expect(optimizers).toEqual([
    { name: 'adamw', weightDecay: 0.1, epsilon: 1e-8, ...betas },
    { name: 'adam', weightDecay: 0.1, epsilon: 1e-8, ...betas },
    { name: 'sgd', weightDecay: 0.1, momentum: 0.8 },
    { name: 'lion', weightDecay: 0.1, ...betas },
  ]);
});

test('the difference between sampler and policy is that before the first optimizer step', async () => {
  const { policy } = listening();
  const lesson = lessonOf(2, 2);
  const { metrics } = await optimise(
    { policy, loss: clippedLoss() },
    configOf({ numIterations: 2 }),
    0,
    lesson,
  );
  const differences = lesson.rollouts.flatMap(({ logProbs, mask }) =>
    logProbs.filter((_, t) => mask[t]).map((logProb) => Math.abs(-1 - logProb)),
  );
  const mean = differences.reduce((sum, one) => sum + one, 0) / differences.length;
  expect(metrics['sampling/sampling_logp_difference/mean']).toBeCloseTo(mean, 12);
  expect(metrics['sampling/sampling_logp_difference/max']).toBeCloseTo(
    Math.max(...differences),
    12,
  );
});

/** NaN whatever it sees. */
const broken = compose({
  surrogate: ({ logProbs }) => ({
    values: logProbs.map(() => Number.NaN),
    backward: () => new Float64Array(logProbs.length),
    metrics: {},
  }),
});

describe('what is not finite', () => {
  const half = compose({
    surrogate: ({ logProbs }) => ({
      values: new Float64Array(logProbs.length),
      backward: () => logProbs.map(() => Number.POSITIVE_INFINITY),
      metrics: {},
    }),
  });

  test.each([
    ['a loss', { loss: broken }, {}, 'The loss is NaN, or its gradient is not finite.'],
    ['the gradient of a loss', { loss: half }, {}, 'The loss is 0, or its gradient is not finite.'],
    [
      'a log-prob',
      { loss: clippedLoss() },
      { logProb: Number.NaN },
      'A log-prob of the policy is NaN.',
    ],
  ])('%s, skips the optimizer step before it is taken', async (_, parts, settings, reason) => {
    const { policy, steps, discarded } = listening(settings);
    const { metrics, skipped, skippedInARow } = await optimise(
      { policy, ...parts },
      configOf({ numIterations: 2 }),
      0,
      lessonOf(1, 2),
      3,
    );
    expect(skipped).toEqual([reason, reason]);
    expect([skippedInARow, steps.length, discarded()]).toEqual([5, 0, 2]);
    expect(metrics).toMatchObject({ skipped_steps: 2, learning_rate: 0.01 });
    expect(metrics).not.toHaveProperty('loss');
  });

  test('the norm of the gradient: the step counts as skipped, and one that is taken ends the row', async () => {
    const { policy } = listening({ gradNorms: [Number.NaN, 1, Number.NaN] });
    const { metrics, skipped, skippedInARow } = await optimise(
      { policy, loss: clippedLoss() },
      configOf({ numIterations: 3 }),
      0,
      lessonOf(1, 2),
      4,
    );
    expect(skipped).toEqual(["The gradient's norm is NaN.", "The gradient's norm is NaN."]);
    expect(skippedInARow).toBe(1);
    expect(metrics.grad_norm).toBe(1);
  });

  test('leaves the controllers of the loss where they were', async () => {
    const told: unknown[] = [];
    const controller = {
      value: 0.1,
      update: (step: unknown) => told.push(step),
      save: () => ({}),
      load: () => {},
    };
    const controllers = [controller as never];
    const { policy } = listening({ gradNorms: [Number.NaN, 1] });
    await optimise(
      { policy, loss: Object.assign(clippedLoss(), { controllers }) },
      configOf({ numIterations: 2 }),
      0,
      lessonOf(1, 2),
    );
    expect(told).toHaveLength(1);
  });

  test('an error of the engine itself is not one of those: it is thrown', async () => {
    const { policy } = listening();
    const failing = {
      ...policy,
      forwardBackward: async () => {
        throw new Error('out of memory');
      },
    } as unknown as TrainablePolicy;
    const run = optimise({ policy: failing, loss: clippedLoss() }, configOf({}), 0, lessonOf(1, 2));
    await expect(run).rejects.toThrow('out of memory');
  });
});

describe('on a model', () => {
  beforeAll(async () => {
    await initBackend('wasm');
  });

  /** Weights after two optimizer steps on 32 sequences. */
  async function weightsAfter(microBatchSize: number, loss = clippedLoss()) {
    const policy = tinyModel();
    const config = configOf({ numIterations: 2, microBatchSize, optim: 'sgd', learningRate: 0.1 });
    await optimise({ policy, loss }, config, 0, lessonOf(8, 4));
    const weights = await weightsOf(policy);
    policy.dispose();
    return weights;
  }
  /** Every parameter, one after the other. */
  const weightsOf = async (policy: ReturnType<typeof tinyModel>) =>
    [...policy.hostWeights().tensors.values()].flatMap(({ read }) => [...read()]);

  test.each([
    ['the mean over all tokens', clippedLoss()],
    ['the mean over sequences', clippedLoss({ reduction: 'sequence-mean' })],
  ])('1 x 32, 4 x 8 and 32 x 1 sequences give the same weights under %s', async (_, loss) => {
    const whole = await weightsAfter(32, loss);
    const untouched = await weightsOf(tinyModel());
    const moved = whole.reduce((most, x, i) => Math.max(most, Math.abs(x - untouched[i])), 0);
    expect(moved).toBeGreaterThan(0.01);
    for (const size of [8, 1]) {
      const parts = await weightsAfter(size, loss);
      const apart = whole.reduce((most, x, i) => Math.max(most, Math.abs(x - parts[i])), 0);
      expect(apart).toBeLessThan(2e-6);
    }
  });

  test('a skipped step leaves weights and optimizer, and learning goes on as if it had not been', async () => {
    const [plain, interrupted] = [tinyModel(), tinyModel()];
    const config = configOf({ numIterations: 2 });
    await optimise({ policy: plain, loss: clippedLoss() }, config, 0, lessonOf(2, 4));
    const first = await weightsOf(plain);
    await optimise({ policy: interrupted, loss: clippedLoss() }, config, 0, lessonOf(2, 4));
    const { skipped } = await optimise(
      { policy: interrupted, loss: broken },
      config,
      1,
      lessonOf(2, 4),
    );
    expect(skipped).toHaveLength(2);
    expect(await weightsOf(interrupted)).toEqual(first);
    for (const policy of [plain, interrupted])
      await optimise({ policy, loss: clippedLoss() }, config, 2, lessonOf(2, 4));
    expect(await weightsOf(interrupted)).toEqual(await weightsOf(plain));
  });
});
