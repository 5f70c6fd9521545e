import { groupRelative } from './group-relative.js';
import type { AdvantageEstimator, Baseline, GroupId, RewardBatch } from './types.js';

/** One property that every part of a kind has; `run` throws where it does not hold. */
export interface ConformanceCheck {
  readonly name: string;
  /** Throws where the property does not hold. */
  readonly run: () => void;
}

/** Which properties an estimator is meant to have. */
export interface ConformanceOptions {
  /** Whether equal scores within every group give advantages of 0; default true. */
  readonly isGroupRelative?: boolean;
}

/**
 * The properties of every advantage estimator, for a test runner of your choice.
 *
 * @param make a fresh estimator at each call
 * @example it.each(estimatorChecks(() => mine()).map((check) => [check.name, check.run]))('%s', (_, run) => run())
 */
export function estimatorChecks(
  make: () => AdvantageEstimator,
  { isGroupRelative = true }: ConformanceOptions = {},
): readonly ConformanceCheck[] {
  const checks: ConformanceCheck[] = [
    {
      name: 'gives one finite advantage per completion, for ragged groups with missing rewards',
      run: () => {
        const { advantages, metrics } = make()(exampleBatch());
        same(advantages.length, 12, 'number of advantages');
        for (const A of advantages) check(Number.isFinite(A), `advantage ${A}`);
        for (const [name, value] of Object.entries(metrics)) {
          check(Number.isFinite(value), `metric ${name} ${value}`);
        }
      },
    },
    {
      name: 'gives 0 to a completion without a score',
      run: () => same(make()(exampleBatch()).advantages[4], 0, 'advantage without a score'),
    },
    {
      name: 'knows groups by their ids: order and names do not matter',
      run: () => {
        const order = [7, 3, 11, 0, 9, 5, 1, 10, 2, 8, 4, 6];
        const straight = make()(exampleBatch()).advantages;
        const shuffled = make()(reordered(exampleBatch(), order)).advantages;
        for (const [position, i] of order.entries()) {
          close(shuffled[position], straight[i], `completion ${i}`);
        }
      },
    },
    {
      name: 'gives the same advantages for the same batch, and does not write to it',
      run: () => {
        const batch = frozen(exampleBatch());
        const first = make()(batch).advantages;
        for (const [i, A] of make()(batch).advantages.entries()) {
          same(A, first[i], `completion ${i}`);
        }
      },
    },
    {
      name: 'gives nothing for an empty batch',
      run: () => {
        const empty = { ...perCompletion(0), rewards: [], groupIds: [] };
        same(make()(empty).advantages.length, 0, 'number of advantages');
      },
    },
    {
      name: 'refuses group ids that do not fit the rewards',
      run: () => throws(() => make()({ ...exampleBatch(), groupIds: ['a'] }), 'groupIds'),
    },
  ];
  if (!isGroupRelative) return checks;
  return [
    ...checks,
    {
      name: 'gives exactly 0 to equal scores',
      run: () => {
        const rewards = Array.from({ length: 6 }, (_, i) => [i < 2 ? 0.1 : 1 / 3]);
        const groupIds = ['a', 'a', 'b', 'b', 'b', 'b'];
        const { advantages } = make()({ ...perCompletion(6), rewards, groupIds });
        for (const A of advantages) check(A === 0, `advantage ${A}, want 0,`);
      },
    },
  ];
}

/** The properties of every baseline: those of the estimator it makes, without scaling. */
export function baselineChecks(
  make: () => Baseline,
  options: ConformanceOptions = {},
): readonly ConformanceCheck[] {
  return estimatorChecks(() => groupRelative({ baseline: make(), scaling: 'none' }), options);
}

/** Three groups of 5, 4 and 3 completions from two reward functions, some of which did not apply. */
export function exampleBatch(): RewardBatch {
  return {
    ...perCompletion(12),
    rewards: [
      [1, 0.2],
      [0, 0.9],
      [1, null],
      [0, 0.4],
      [null, Number.NaN],
      [0, 0.1],
      [1, 0.3],
      [0, 0.5],
      [0, null],
      [1, 0.8],
      [null, 0.6],
      [0, 0.7],
    ],
    groupIds: ['a', 'a', 'a', 'a', 'a', 'b', 'b', 'b', 'b', 3, 3, 3],
    weights: [1, 0.5],
  };
}

function perCompletion(rows: number) {
  const fill = (value: (i: number) => number) => Array.from({ length: rows }, (_, i) => value(i));
  return {
    lengths: fill((i) => 3 + ((5 * i) % 7)),
    greedyScores: fill(() => 0.25),
    values: fill(() => 0.5),
    gradientNorms: fill((i) => 1 + ((3 * i) % 5)),
  };
}

function reordered(batch: RewardBatch, order: readonly number[]): RewardBatch {
  const renamed = (id: GroupId) => `group ${id}`;
  const { weights, rewards, groupIds, ...rest } = batch;
  const moved = Object.entries(rest).map(([name, values]: [string, readonly number[]]) => [
    name,
    order.map((i) => values[i]),
  ]);
  return {
    ...Object.fromEntries(moved),
    ...(weights && { weights }),
    rewards: order.map((i) => rewards[i]),
    groupIds: order.map((i) => renamed(groupIds[i])),
  };
}

function frozen<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(frozen);
  return Object.freeze(value);
}

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(`conformance: ${what} is not as it has to be.`);
}

function same(got: number, wanted: number, what: string): void {
  check(Object.is(got + 0, wanted + 0), `${what} is ${got}, want ${wanted}; it`);
}

function close(got: number, wanted: number, what: string): void {
  const distance = Math.abs(got - wanted);
  check(distance <= 1e-9 * Math.max(1, Math.abs(wanted)), `${what} is ${got}, want ${wanted}; it`);
}

function throws(run: () => unknown, word: string): void {
  try {
    run();
  } catch (error) {
    check(String(error).includes(word), `the message "${error}" without "${word}"`);
    return;
  }
  check(false, `a call that should throw about ${word}`);
}
