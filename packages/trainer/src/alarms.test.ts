import { expect, test } from 'vitest';
import { alarmsOf } from './alarms.js';
import type { MetricsRecord } from './types.js';

/** A run of which one metric moves as given, and all else is well. */
function run(name: string, values: readonly number[]): MetricsRecord[] {
  return values.map((value, i) => ({
    reward: 0.5,
    kl: 0.01,
    entropy: 1,
    grad_norm: 1,
    'completions/mean_length': 20,
    frac_reward_zero_std: 0.2,
    'failures/share': 0,
    'memory/tensors': 40,
    [name]: value,
    step: i + 1,
  }));
}
/** The step at which each alarm begins. */
const began = (records: readonly MetricsRecord[]) =>
  records.flatMap((_, i) =>
    alarmsOf(records.slice(0, i + 1)).map(({ alarm, step }) => [alarm, step]),
  );
const flat = (n: number, value: number) => Array.from({ length: n }, () => value);

test('a sound run sets nothing off', () => {
  expect(
    began(
      run(
        'reward',
        Array.from({ length: 60 }, (_, i) => i / 60),
      ),
    ),
  ).toEqual([]);
});

test('a reward that wavers before it rises sets nothing off', () => {
  // The first steps of a run of the demo's task that learned it.
  const wavering = [
    0.41, 0.55, 0.81, 0.6, 0.6, 0.5, 0.47, 0.46, 0.59, 0.49, 0.44, 0.72, 0.61, 0.59, 0.57, 0.6,
    0.71, 0.67, 0.32, 0.5, 0.35, 0.61, 0.58, 0.61,
  ];
  expect(began(run('reward', wavering))).toEqual([]);
});

test.each<[string, readonly number[], string, number]>([
  ['kl', [...flat(12, 0.1), 1.5, 1.6, 2], 'kl-blow-up', 13],
  ['kl', [0.1, Number.NaN], 'kl-blow-up', 2],
  ['reward', [...flat(10, 0), ...flat(10, 1), ...flat(10, 0.2)], 'reward-collapse', 27],
  ['entropy', [...flat(10, 2), ...flat(10, 0.1)], 'entropy-collapse', 20],
  ['completions/mean_length', [...flat(10, 20), ...flat(10, 100)], 'length-explosion', 16],
  ['frac_reward_zero_std', [...flat(10, 0.5), ...flat(10, 1)], 'equal-groups', 18],
  ['failures/share', [...flat(10, 0), ...flat(10, 0.5)], 'many-failures', 15],
  ['grad_norm', [...flat(15, 1), 25, 1], 'gradient-spike', 16],
  ['memory/tensors', [...flat(10, 40), 60, 120, 180], 'tensor-leak', 13],
])('%s as in a sick run sets its alarm off once, when it begins', (name, values, alarm, step) => {
  expect(began(run(name, values))).toEqual([[alarm, step]]);
});

test('an alarm that was away for a window of steps may go off again, and not before', () => {
  expect(began(run('kl', [0, 2, 2, 0, 3])).map(([, step]) => step)).toEqual([2]);
  expect(began(run('kl', [0, 2, ...flat(10, 0), 3])).map(([, step]) => step)).toEqual([2, 13]);
});

test('an alarm says what is seen and what helps', () => {
  const [alarm] = alarmsOf(run('kl', [2.3456]));
  expect(alarm).toEqual({
    alarm: 'kl-blow-up',
    step: 1,
    value: 2.3456,
    message:
      'KL to the reference is 2.35 nats per token, over 1. Lower the learning rate or raise beta.',
  });
});

test('a limit at infinity is switched off', () => {
  expect(alarmsOf(run('kl', [50]), { kl: Number.POSITIVE_INFINITY })).toEqual([]);
});

test('metrics that a run does not have set nothing off', () => {
  expect(began(Array.from({ length: 30 }, (_, i) => ({ step: i + 1 })))).toEqual([]);
});
