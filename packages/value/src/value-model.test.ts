import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keyedRandom, shuffled } from '@grpo/random';
import {
  availableBackends,
  countTensors,
  dispose,
  gatherRows,
  globalNorm,
  hostLoss,
  initBackend,
  type NamedTensors,
  randomNormal,
  type Tensor,
  tensor,
  valueAndGradients,
} from '@grpo/tensor';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { explainedVariance } from './explained-variance.js';
import { givenHiddenStates } from './given-hidden-states.js';
import type { Backbone, HiddenStates, ValueUpdateOptions } from './types.js';
import { applyValueHead, initValueHead } from './value-head.js';
import { valueLoss } from './value-loss.js';
import { ValueModel, type ValueModelOptions } from './value-model.js';

const D = 6;
const OPTIONS: ValueModelOptions = { seed: 5, head: { innerWidth: 16 } };

/** Hidden states of ±1, and returns that are a product of two of them plus a third: not linear. */
function task(N: number, key: string): { states: HiddenStates; returns: number[] } {
  const random = keyedRandom(11, key);
  const data = Float32Array.from({ length: N * D }, () => (random.next() < 0.5 ? -1 : 1));
  const returns = Array.from(
    { length: N },
    (_, n) => data[n * D] * data[n * D + 1] + data[n * D + 2],
  );
  return { states: { data, shape: [N, D] }, returns };
}

/** Sequences of token ids; an embedding of its own gives each token its hidden state. */
const EMBEDDING: Backbone<readonly Int32Array[]> = {
  width: D,
  sizes: (sequences) => sequences.map((ids) => ids.length),
  select: (sequences, units) => units.map((unit) => sequences[unit]),
  hidden: (sequences, { embedding }) =>
    gatherRows(embedding, Int32Array.from(sequences.flatMap((ids) => [...ids]))),
};
const SEQUENCES = [[0, 1, 2], [3], [], [4, 0], [2, 2, 1]].map((ids) => Int32Array.from(ids));
const embedding = () => ({ embedding: randomNormal([5, D], keyedRandom(2).normal) });

async function train<States>(
  model: ValueModel<States>,
  states: States,
  returns: readonly number[],
  options: Partial<ValueUpdateOptions> = {},
) {
  const oldValues = await model.values(states);
  return model.update(states, { returns, oldValues }, { learningRate: 0.01, ...options });
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'grpo-value-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe.each(await availableBackends())('a value model on the %s backend', (backend) => {
  beforeAll(async () => {
    await initBackend(backend);
  });

  it('learns what its states tell about the returns, and nothing where they tell nothing', async () => {
    const training = task(256, 'training');
    const heldOut = task(128, 'held out');
    const explained: number[] = [];
    for (const returns of [training.returns, shuffled(training.returns, keyedRandom(3))]) {
      const model = new ValueModel(givenHiddenStates(D), OPTIONS);
      await train(model, training.states, returns, { epochs: 40, minibatchSize: 64 });
      explained.push(explainedVariance(await model.values(heldOut.states), heldOut.returns));
      model.dispose();
    }
    expect(explained[0]).toBeGreaterThan(0.9);
    expect(explained[1]).toBeLessThan(0.3);
  });

  it('takes its first step along the gradient of the value loss, and reports its norm and loss', async () => {
    const { states, returns } = task(8, 'step');
    const model = new ValueModel(givenHiddenStates(D), OPTIONS);
    const oldValues = await model.values(states);
    const { metrics } = await train(model, states, returns);
    const weights = initValueHead({ width: D, innerWidth: 16 }, 5);
    const { value, gradients } = valueAndGradients(() => {
      const values = applyValueHead(tensor(states.data, [8, D]), weights, {
        width: D,
        innerWidth: 16,
      });
      return hostLoss(values, (numbers) => valueLoss(numbers, { returns, oldValues }));
    }, weights);
    expect(metrics['value/grad_norm']).toBeCloseTo(globalNorm(gradients), 5);
    expect(metrics['value/loss']).toBeCloseTo(value.dataSync()[0], 5);
    const mean = oldValues.reduce((sum, V) => sum + V, 0) / 8;
    expect(metrics['value/mean']).toBeCloseTo(mean, 12);
    dispose([weights as NamedTensors as Record<string, Tensor>, value, gradients]);
    model.dispose();
  });

  it('a clip range holds values near the rollout-time values through all epochs', async () => {
    const { states, returns } = task(32, 'clip');
    const far = returns.map((R) => R + 5);
    const moved: number[] = [];
    const clipped: number[] = [];
    for (const clipRange of [0.2, 1e9]) {
      const model = new ValueModel(givenHiddenStates(D), OPTIONS);
      const before = await model.values(states);
      const { metrics } = await train(model, states, far, {
        epochs: 100,
        learningRate: 0.003,
        clipRange,
      });
      const after = await model.values(states);
      moved.push(Math.max(...after.map((V, i) => Math.abs(V - before[i]))));
      clipped.push(metrics['value/clip_fraction']);
      model.dispose();
    }
    // Beyond the range a value still moves with AdamW's momentum and with the values of other states.
    expect(moved[0]).toBeLessThan(2);
    expect(moved[1]).toBeGreaterThan(4);
    expect(clipped[0]).toBeGreaterThan(0.5);
    expect(clipped[1]).toBe(0);
  });

  it('microbatches give the update of the whole minibatch, dropout included', async () => {
    const returns = [1, 2, 3, -1, 0.5, 0, 2, 2, 1];
    const after: Float64Array[] = [];
    const norms: number[] = [];
    for (const microbatchSize of [5, 2, 1]) {
      const model = new ValueModel(EMBEDDING, {
        seed: 5,
        head: { innerWidth: 16, dropout: 0.2 },
        backboneWeights: embedding(),
      });
      const { metrics } = await train(model, SEQUENCES, returns, { microbatchSize });
      norms.push(metrics['value/grad_norm']);
      after.push(await model.values(SEQUENCES));
      model.dispose();
    }
    for (const [part, values] of after.entries()) {
      expect(norms[part]).toBeCloseTo(norms[0], 5);
      for (const [i, V] of values.entries()) expect(V).toBeCloseTo(after[0][i], 3);
    }
  });

  it('trains a backbone of its own, where it has one, with the head', async () => {
    const backboneWeights = embedding();
    const before = Array.from(backboneWeights.embedding.dataSync());
    const model = new ValueModel(EMBEDDING, { ...OPTIONS, backboneWeights });
    // Only the token tells the return: 5 tokens, the returns 0 to 4.
    const returns = SEQUENCES.flatMap((ids) => [...ids]);
    await train(model, SEQUENCES, returns, { epochs: 100, minibatchSize: 3 });
    expect(explainedVariance(await model.values(SEQUENCES), returns)).toBeGreaterThan(0.9);
    await model.save(folder);
    const stored = readFileSync(join(folder, 'value.safetensors'));
    const bytes = Buffer.from(Float32Array.from(before).buffer);
    expect(stored.includes('weights.backbone.embedding')).toBe(true);
    expect(stored.includes(bytes)).toBe(false);
    model.dispose();
  });

  it('saved and loaded, goes on bit for bit as if it had not been', async () => {
    const options = { ...OPTIONS, head: { innerWidth: 16, dropout: 0.1 }, warmUpUpdates: 2 };
    const { states, returns } = task(20, 'resume');
    const settings = { epochs: 2, minibatchSize: 7, clipRange: 0.5 };
    const straight = new ValueModel(givenHiddenStates(D), options);
    await train(straight, states, returns, settings);
    await straight.save(folder);
    const expected = [
      await train(straight, states, returns, settings),
      await train(straight, states, returns, settings),
    ];
    // Other updates before the load: what they learned has to be gone.
    const resumed = new ValueModel(givenHiddenStates(D), options);
    await train(resumed, states, returns.slice().reverse());
    await train(resumed, states, returns.slice().reverse());
    await resumed.load(folder);
    expect([resumed.updates, resumed.isWarm]).toEqual([1, false]);
    const got = [
      await train(resumed, states, returns, settings),
      await train(resumed, states, returns, settings),
    ];
    expect(got).toEqual(expected);
    expect(await resumed.values(states)).toEqual(await straight.values(states));
    expect([resumed.updates, resumed.isWarm]).toEqual([3, true]);
    straight.dispose();
    resumed.dispose();
  });

  it('comes back before its first update too', async () => {
    const { states } = task(4, 'fresh');
    const saved = new ValueModel(givenHiddenStates(D), OPTIONS);
    await saved.save(folder);
    const other = new ValueModel(givenHiddenStates(D), { ...OPTIONS, seed: 6 });
    expect(await other.values(states)).not.toEqual(await saved.values(states));
    await other.load(folder);
    expect(await other.values(states)).toEqual(await saved.values(states));
    saved.dispose();
    other.dispose();
  });

  it('leaves no tensor behind: not in values, update, save and load, nor where they fail', async () => {
    const { states, returns } = task(6, 'leak');
    const start = countTensors();
    const model = new ValueModel(givenHiddenStates(D), OPTIONS);
    await train(model, states, returns);
    const held = countTensors();
    expect(held - start).toBe(18); // six weights, two moments of each
    await train(model, states, returns, { epochs: 2, minibatchSize: 4, microbatchSize: 1 });
    await model.save(folder);
    await model.load(folder);
    await expect(train(model, states, [1])).rejects.toThrow('returns needs shape [6], got [1]');
    const overflow = returns.map((R) => R * 1e200);
    await expect(train(model, states, overflow)).rejects.toThrow(
      'update: needs a finite loss, got Infinity',
    );
    const far = { ...states, data: states.data.map(() => Number.NaN) };
    await expect(model.values(far)).rejects.toThrow('values: values needs finite numbers');
    expect(countTensors()).toBe(held);
    model.dispose();
    expect(countTensors()).toBe(start);
  });
});

describe('a value model', () => {
  beforeAll(async () => {
    await initBackend('cpu');
  });
  const { states, returns } = task(6, 'edge');
  const fresh = (options: Partial<ValueModelOptions> = {}) =>
    new ValueModel(givenHiddenStates(D), { ...OPTIONS, ...options });

  it('drops nothing at evaluation', async () => {
    const dropping = fresh({ head: { innerWidth: 16, dropout: 0.5 } });
    expect(await dropping.values(states)).toEqual(await fresh().values(states));
  });

  it('divides the loss by the values of the minibatch, whatever units they come in', async () => {
    const model = new ValueModel(EMBEDDING, { ...OPTIONS, backboneWeights: embedding() });
    const targets = SEQUENCES.flatMap((ids) => [...ids]);
    const oldValues = await model.values(SEQUENCES);
    const { metrics } = await train(model, SEQUENCES, targets, { microbatchSize: 2 });
    const { loss } = valueLoss(oldValues, { returns: targets, oldValues });
    expect(metrics['value/loss']).toBeCloseTo(loss, 6);
  });

  it('drops other numbers in each step, and the same ones in the same step', async () => {
    // One state: its place in the minibatch is the same in both steps.
    const one: HiddenStates = { data: states.data.slice(0, D), shape: [1, D] };
    const losses = async () => {
      const model = fresh({ head: { innerWidth: 16, dropout: 0.5 } });
      const results = [
        await train(model, one, [2], { learningRate: 0 }),
        await train(model, one, [2], { learningRate: 0 }),
      ];
      return results.map(({ metrics }) => metrics['value/loss']);
    };
    const [first, second] = await losses();
    expect(first).not.toBe(second);
    expect(await losses()).toEqual([first, second]);
  });

  it('goes through every state in each epoch, in an order of the seed that each epoch changes', async () => {
    const orders = async (seed: number) => {
      const selected: number[] = [];
      const given = givenHiddenStates(D);
      const watched: Backbone<HiddenStates> = {
        ...given,
        select: (all, units) => {
          selected.push(...units);
          return given.select(all, units);
        },
      };
      const model = new ValueModel(watched, { ...OPTIONS, seed });
      await train(model, states, returns, { epochs: 2, minibatchSize: 2 });
      return [selected.slice(0, 6), selected.slice(6)];
    };
    const [first, second] = await orders(1);
    for (const order of [first, second]) {
      expect([...order].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5]);
    }
    expect(first).not.toEqual(second);
    expect(await orders(1)).toEqual([first, second]);
    expect((await orders(2))[0]).not.toEqual(first);
  });

  it('moves not at all at learning rate 0, although it makes its steps', async () => {
    const model = fresh();
    const before = await model.values(states);
    const { metrics } = await train(model, states, returns, { learningRate: 0 });
    expect(metrics['value/grad_norm']).toBeGreaterThan(0);
    expect(await model.values(states)).toEqual(before);
  });

  it('a smaller norm limit makes smaller moments, not a smaller reported norm', async () => {
    const [free, limited] = [fresh(), fresh()];
    const norms = [
      await train(free, states, returns, { maxGradNorm: Number.POSITIVE_INFINITY }),
      await train(limited, states, returns, { maxGradNorm: 1e-8 }),
    ].map(({ metrics }) => metrics['value/grad_norm']);
    expect(norms[0]).toBe(norms[1]);
    const [start, far, near] = await Promise.all(
      [fresh(), free, limited].map((model) => model.values(states)),
    );
    const distance = (values: Float64Array) =>
      Math.max(...values.map((V, i) => Math.abs(V - start[i])));
    // AdamW divides the gradient by its own size plus 1e-8: at a norm of 1e-8 the step is at most half.
    expect(distance(near)).toBeLessThan(0.75 * distance(far));
  });

  it('an update of no states makes no step and reports zeros', async () => {
    const model = fresh();
    const none: HiddenStates = { data: new Float32Array(0), shape: [0, D] };
    const { metrics } = await train(model, none, []);
    expect(Object.values(metrics)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(await model.values(none)).toEqual(new Float64Array(0));
  });

  it('lets other work of the process run between its steps', async () => {
    const model = fresh();
    let turns = 0;
    const count = () => {
      turns += 1;
      if (turns < 100) setImmediate(count);
    };
    setImmediate(count);
    await train(model, states, returns, { epochs: 10 });
    expect(turns).toBeGreaterThanOrEqual(10);
  });

  it('refuses a call while another is under way, and goes on after it', async () => {
    const model = fresh();
    const first = train(model, states, returns, { epochs: 3 });
    await new Promise((resolve) => setImmediate(resolve));
    await expect(model.load(folder)).rejects.toThrow(
      'load: needs the value function to itself, got a call while update is under way',
    );
    await first;
    await expect(train(model, states, returns)).resolves.toHaveProperty('metrics');
  });

  it('refuses a damaged file and one of another width, and stays as it was', async () => {
    const model = fresh();
    const before = await model.values(states);
    await fresh({ seed: 7, head: { innerWidth: 3 } }).save(folder);
    await expect(model.load(folder)).rejects.toThrow(
      'load: needs "weights.head.inner.weight" of shape [16, 6], got [3, 6]',
    );
    await fresh({ seed: 7 }).save(folder);
    const path = join(folder, 'value.safetensors');
    const bytes = readFileSync(path);
    bytes[bytes.length - 3] ^= 4;
    writeFileSync(path, bytes);
    await expect(model.load(folder)).rejects.toThrow(`needs ${path} as it was saved`);
    expect(await model.values(states)).toEqual(before);
    expect(model.updates).toBe(0);
  });

  it.each([
    [{ learningRate: -1 }, 'learningRate needs a number from 0 on, got -1'],
    [{ learningRate: Number.NaN }, 'learningRate needs a number from 0 on, got NaN'],
    [{ epochs: 0 }, 'epochs needs a positive integer, got 0'],
    [{ maxGradNorm: 0 }, 'maxGradNorm needs a number above 0, got 0'],
    [{ minibatchSize: 0 }, 'needs a size that is a positive integer, got 0'],
    [{ clipRange: 0 }, 'clipRange needs a number above 0, got 0'],
  ])('refuses %o', async (options, message) => {
    const model = fresh();
    await expect(train(model, states, returns, options)).rejects.toThrow(message);
    expect(model.updates).toBe(0);
  });

  it('refuses returns that are not numbers, and stays as it was', async () => {
    const model = fresh();
    const before = await model.values(states);
    const bad = returns.map((R, i) => (i === 2 ? Number.NaN : R));
    await expect(train(model, states, bad)).rejects.toThrow(
      'update: returns needs finite numbers, got NaN at [2]',
    );
    expect(await model.values(states)).toEqual(before);
  });
});
