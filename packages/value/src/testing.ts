import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ValueFunction, ValueTargets } from './types.js';

/** One property that every value function has; `run` rejects where it does not hold. */
export interface ConformanceCheck {
  readonly name: string;
  /** Rejects where the property does not hold. */
  readonly run: () => Promise<void>;
}

/** A value function and what to try it on. */
export interface ValueFunctionSubject<States> {
  /** A fresh value function, the same at each call; `dispose` is called after each check where there is one. */
  readonly make: () => ValueFunction<States> & {
    /** Frees what it owns. */
    dispose?(): void;
  };
  /** N ≥ 4 states. */
  readonly states: States;
  /** [N] returns that the states can explain. */
  readonly returns: readonly number[];
  /** A learning rate at which 20 updates bring the values nearer to the returns. */
  readonly learningRate: number;
}

/**
 * The properties of every value function, for a test runner of your choice.
 *
 * @example it.each(valueFunctionChecks(mine).map((check) => [check.name, check.run]))('%s', (_, run) => run())
 */
export function valueFunctionChecks<States>({
  make,
  states,
  returns,
  learningRate,
}: ValueFunctionSubject<States>): readonly ConformanceCheck[] {
  const N = returns.length;
  const targets = (oldValues: Float64Array): ValueTargets => ({ returns, oldValues });
  const train = async (value: ValueFunction<States>, updates: number, rate = learningRate) => {
    for (let i = 0; i < updates; i++) {
      const old = targets(await value.values(states));
      await value.update(states, old, { learningRate: rate });
    }
  };
  const on = (body: (value: ValueFunction<States>) => Promise<void>) => async () => {
    const value = make();
    try {
      await body(value);
    } finally {
      value.dispose?.();
    }
  };
  return [
    {
      name: 'gives one finite value per state, and the same ones when asked again',
      run: on(async (value) => {
        const first = await value.values(states);
        check(first.length === N, `the number of values is ${first.length}, want ${N}`);
        check(first.every(Number.isFinite), 'a value is not finite');
        same(await value.values(states), first, 'values when asked again');
      }),
    },
    {
      name: 'comes nearer to the returns with updates, and reports finite metrics',
      run: on(async (value) => {
        const error = async () =>
          (await value.values(states)).reduce((sum, V, i) => sum + (V - returns[i]) ** 2, 0);
        const before = await error();
        await train(value, 20);
        const after = await error();
        check(after < before, `the squared error went from ${before} to ${after}`);
        const old = targets(await value.values(states));
        const { metrics } = await value.update(states, old, { learningRate });
        for (const [name, metric] of Object.entries(metrics)) {
          check(Number.isFinite(metric), `the metric ${name} is ${metric}`);
        }
      }),
    },
    {
      name: 'does not move at learning rate 0',
      run: on(async (value) => {
        const before = await value.values(states);
        await train(value, 2, 0);
        same(await value.values(states), before, 'values after updates at learning rate 0');
      }),
    },
    {
      name: 'goes on from a save exactly as it would have without',
      run: on(async (straight) => {
        const folder = await mkdtemp(join(tmpdir(), 'grpo-value-'));
        const resumed = make();
        try {
          await train(straight, 2);
          await straight.save(folder);
          await train(straight, 2);
          await resumed.load(folder);
          await train(resumed, 2);
          same(await resumed.values(states), await straight.values(states), 'values after a load');
        } finally {
          resumed.dispose?.();
          await rm(folder, { recursive: true });
        }
      }),
    },
    {
      name: 'refuses returns of another length and returns that are not numbers, and stays as it was',
      run: on(async (value) => {
        const before = await value.values(states);
        const short = { returns: returns.slice(1), oldValues: before };
        await rejects(value.update(states, short, { learningRate }), 'short returns');
        const broken = { returns: returns.map(() => Number.NaN), oldValues: before };
        await rejects(value.update(states, broken, { learningRate }), 'returns of NaN');
        same(await value.values(states), before, 'values after refused updates');
      }),
    },
    {
      name: 'refuses to load from an empty folder, and stays as it was',
      run: on(async (value) => {
        const folder = await mkdtemp(join(tmpdir(), 'grpo-value-'));
        try {
          const before = await value.values(states);
          await rejects(value.load(folder), 'an empty folder');
          same(await value.values(states), before, 'values after a refused load');
        } finally {
          await rm(folder, { recursive: true });
        }
      }),
    },
  ];
}

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(`conformance: ${what}.`);
}

function same(got: Float64Array, wanted: Float64Array, what: string): void {
  const at = wanted.findIndex((value, i) => !Object.is(value, got[i]));
  check(
    got.length === wanted.length && at === -1,
    `${what}: [${at}] is ${got[at]}, want ${wanted[at]}`,
  );
}

async function rejects(call: Promise<unknown>, what: string): Promise<void> {
  const refused = await call.then(
    () => false,
    () => true,
  );
  check(refused, `${what} should be refused`);
}
