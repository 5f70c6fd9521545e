import { keyedRandom } from '@grpo/random';
import { gatherRows, initBackend, randomNormal } from '@grpo/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { givenHiddenStates } from './given-hidden-states.js';
import { type ValueFunctionSubject, valueFunctionChecks } from './testing.js';
import type { Backbone, HiddenStates, ValueFunction } from './types.js';
import { ValueModel } from './value-model.js';

beforeAll(async () => {
  await initBackend('cpu');
});

const HIDDEN: HiddenStates = {
  data: Float32Array.from({ length: 20 }, (_, i) => Math.sin(1 + 2.1 * i)),
  shape: [5, 4],
};
const TABLE: Backbone<readonly number[]> = {
  width: 4,
  sizes: (ids) => ids.map(() => 1),
  select: (ids, units) => units.map((unit) => ids[unit]),
  hidden: (ids, { table }) => gatherRows(table, Int32Array.from(ids)),
};
const common = { returns: [1, 0, 2, -1, 0.5], learningRate: 0.01 };
const given: ValueFunctionSubject<HiddenStates> = {
  ...common,
  states: HIDDEN,
  make: () => new ValueModel(givenHiddenStates(4), { seed: 1, head: { dropout: 0.1 } }),
};
const trained: ValueFunctionSubject<readonly number[]> = {
  ...common,
  states: [4, 1, 0, 2, 3],
  make: () => {
    const table = randomNormal([5, 4], keyedRandom(8).normal);
    return new ValueModel(TABLE, { seed: 1, backboneWeights: { table } });
  },
};

describe.each([
  ['on given hidden states', valueFunctionChecks(given)],
  ['with a backbone that learns', valueFunctionChecks(trained)],
])('a value model %s', (_, checks) => {
  it.each(checks.map((check) => [check.name, check.run] as const))('%s', async (_, run) => {
    await expect(run()).resolves.toBeUndefined();
  });
});

describe('each check fails where its property does not hold', () => {
  type Values = Float64Array;
  /** A value per state that moves halfway to its return; `broken` takes the place of its methods. */
  const made = (broken: (memory: { values: Values }) => Partial<ValueFunction<null>>) => () => {
    const memory = { values: new Float64Array(4) };
    const files = saved;
    const sound: ValueFunction<null> = {
      values: async () => memory.values.slice(),
      update: async (_, { returns }, { learningRate }) => {
        if (returns.length !== 4 || !Array.from(returns).every(Number.isFinite)) throw new Error();
        memory.values = memory.values.map((V, i) => V + learningRate * (returns[i] - V));
        return { metrics: { 'value/loss': 1 } };
      },
      save: async (folder) => {
        files.set(folder, memory.values.slice());
      },
      load: async (folder) => {
        const file = files.get(folder);
        if (file === undefined) throw new Error('none');
        memory.values = file.slice();
      },
    };
    return { ...sound, ...broken(memory) };
  };
  const saved = new Map<string, Values>();
  const verdicts = async (make: () => ValueFunction<null>) => {
    const checks = valueFunctionChecks({
      make,
      states: null,
      returns: [1, 2, 3, 4],
      learningRate: 0.5,
    });
    const passed = await Promise.all(
      checks.map(({ run }) =>
        run().then(
          () => true,
          () => false,
        ),
      ),
    );
    return checks
      .filter((_, i) => !passed[i])
      .map(({ name }) => name.split(' ').slice(0, 3).join(' '));
  };

  it.each([
    ['nothing', () => ({}), []],
    [
      'values that change',
      () => {
        let calls = 0;
        return { values: async () => new Float64Array(4).fill(calls++) };
      },
      expect.arrayContaining(['gives one finite']),
    ],
    [
      'no learning',
      () => ({ update: async () => ({ metrics: {} }) }),
      ['comes nearer to', 'refuses returns of'],
    ],
    [
      'a metric that is not a number',
      (memory: { values: Values }) => ({
        update: async (_: null, { returns }: { returns: ArrayLike<number> }) => {
          if (returns.length !== 4 || Number.isNaN(returns[0])) throw new Error();
          memory.values = Float64Array.from(returns);
          return { metrics: { 'value/loss': Number.NaN } };
        },
      }),
      ['comes nearer to', 'does not move'],
    ],
    ['a load that forgets', () => ({ load: async () => {} }), ['goes on from', 'refuses to load']],
  ])('%s', async (_, broken, failing) => {
    expect(await verdicts(made(broken as never))).toEqual(failing);
  });
});
