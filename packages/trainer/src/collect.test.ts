import type { Task, TaskSource } from '@grpo/envs';
import { expect, test } from 'vitest';
import { collect } from './collect.js';
import { resolveConfig } from './config.js';
import { episodeLines } from './episode-lines.js';
import { RunStopped } from './failures.js';
import type { PlayedGroup, RollOut, TrainConfig, TrainParts } from './types.js';

const SIZE = 2;
const source: TaskSource = {
  name: 'numbers',
  take: ({ start, count }) =>
    Array.from({ length: count }, (_, i) => ({ id: String(start + i), messages: [], row: {} })),
};

/** Plays without a model; tasks of which `varies` says so have one good and one bad episode. */
function played(varies: (task: number) => boolean, fails: (task: number) => boolean = () => false) {
  const rounds: { readonly tasks: readonly string[]; readonly key: readonly unknown[] }[] = [];
  const rollOut: RollOut = async (tasks, repeats, { key }) => {
    rounds.push({ tasks: tasks.map(({ id }) => id), key });
    return tasks.flatMap((task: Task, p) =>
      Array.from({ length: repeats }, (_, g) => ({
        task,
        groupId: String(p),
        ids: [1, 2],
        mask: [false, true],
        logProbs: [0, -1],
        turnRewards: [],
        episode: {
          messages: [],
          completion: '',
          row: { reward: varies(Number(task.id)) ? g : 1 },
          environmentReward: 0,
          end: 'terminated' as const,
        },
        ...(fails(Number(task.id)) && { failure: { kind: 'thrown' as const, reason: 'lost' } }),
      })),
    );
  };
  const rewards = [
    {
      name: 'r',
      fn: ({ row }: { row: Readonly<Record<string, unknown>> }) => row.reward as number,
    },
  ];
  const policy = { sampler: () => ({}) };
  return { rounds, parts: { rollOut, rewards, policy } as unknown as TrainParts };
}
const configOf = (change: Partial<TrainConfig>) =>
  resolveConfig({ maxSteps: 1, seed: 7, promptsPerStep: 4, numGenerations: SIZE, ...change });
const start = { step: 3, position: 10, unused: [] as PlayedGroup[] };
const tasksOf = (rollouts: readonly { readonly task: Task }[]) => [
  ...new Set(rollouts.map(({ task }) => task.id)),
];

test('one round plays all groups, from where the tasks stand', async () => {
  const { rounds, parts } = played(() => false);
  const collected = await collect(parts, configOf({}), source, start);
  expect(rounds).toEqual([{ tasks: ['10', '11', '12', '13'], key: [7, 'rollout', 3] }]);
  expect([collected.taken, collected.rollouts.length, collected.metrics]).toEqual([4, 8, {}]);
  expect(collected.played.rollouts).toEqual(collected.rollouts);
  expect(collected.unused).toEqual([]);
});

test('a smaller generation batch plays the same tasks in several rounds, each with draws of its own', async () => {
  const { rounds, parts } = played(() => false);
  const collected = await collect(parts, configOf({ generationBatchSize: 6 }), source, start);
  expect(rounds).toEqual([
    { tasks: ['10', '11', '12'], key: [7, 'rollout', 3] },
    { tasks: ['13'], key: [7, 'rollout', 3, 1] },
  ]);
  expect(collected.taken).toBe(4);
  expect(new Set(collected.rollouts.map(({ groupId }) => groupId)).size).toBe(4);
});

test('dynamic sampling looks for groups that differ until it has enough', async () => {
  const { rounds, parts } = played((task) => task % 2 === 0);
  const config = configOf({ dynamicSamplingRounds: 5 });
  const collected = await collect(parts, config, source, start);
  expect(rounds).toHaveLength(2);
  expect(tasksOf(collected.rollouts)).toEqual(['10', '12', '14', '16']);
  expect(collected.scores.values).toEqual([[0], [1], [0], [1], [0], [1], [0], [1]]);
  expect(collected.taken).toBe(8);
  expect(collected.played.rollouts).toHaveLength(16);
  expect(collected.metrics).toEqual({
    'dynamic_sampling/rounds': 2,
    'dynamic_sampling/kept_groups': 4,
  });
});

test('dynamic sampling stops at its cap and makes do with what it has', async () => {
  const { rounds, parts } = played((task) => task === 11);
  const collected = await collect(parts, configOf({ dynamicSamplingRounds: 3 }), source, start);
  expect(rounds).toHaveLength(3);
  expect(tasksOf(collected.rollouts)).toEqual(['11']);
  expect(collected.metrics['dynamic_sampling/kept_groups']).toBe(1);
});

test('where no group differs the first groups are taken as they are', async () => {
  const { parts } = played(() => false);
  const collected = await collect(parts, configOf({ dynamicSamplingRounds: 2 }), source, start);
  expect(tasksOf(collected.rollouts)).toEqual(['10', '11', '12', '13']);
  expect(collected.metrics['dynamic_sampling/kept_groups']).toBe(0);
});

test('groups beyond what the step needs start the next one, or are dropped', async () => {
  const { rounds, parts } = played(() => true);
  const config = configOf({ promptsPerStep: 3, dynamicSamplingRounds: 4, generationBatchSize: 4 });
  const dropped = await collect(parts, config, source, start);
  expect(dropped.unused).toEqual([]);

  const kept = await collect(parts, { ...config, keepsUnusedGroups: true }, source, start);
  expect(kept.unused.map(({ rollouts }) => tasksOf(rollouts))).toEqual([['13']]);
  const saved = JSON.parse(JSON.stringify(kept.unused)) as PlayedGroup[]; // as a checkpoint keeps it
  rounds.length = 0;
  const position = start.position + kept.taken;
  const next = await collect(parts, config, source, { step: 4, position, unused: saved });
  expect(tasksOf(next.rollouts)).toEqual(['13', '14', '15']);
  expect(rounds).toHaveLength(1);
  expect(tasksOf(next.played.rollouts)).toEqual(['14', '15']);
  expect(next.scores.values).toHaveLength(next.rollouts.length);
  // What was carried over was written in the step that played it.
  const lines = episodeLines(5, next, new Float64Array(6), parts.rewards);
  expect(lines.map(({ task }) => task)).toEqual(['14', '14', '15', '15']);
});

test('where leftovers are enough nothing is played', async () => {
  const { parts, rounds } = played(() => true);
  const config = configOf({ promptsPerStep: 1, dynamicSamplingRounds: 2, keepsUnusedGroups: true });
  const wide = { ...config, promptsPerStep: 3 };
  const { rollouts: _, ...first } = await collect(parts, wide, source, start);
  const groups = await collect(parts, { ...wide, generationBatchSize: 4 }, source, start);
  expect(first.taken).toBe(3);
  rounds.length = 0;
  const next = await collect(parts, config, source, { ...start, unused: groups.unused });
  expect(rounds).toEqual([]);
  expect([next.taken, next.rollouts.length, next.played.rollouts.length]).toEqual([0, SIZE, 0]);
});

test('failures are counted over everything that was played, and too many stop the run', async () => {
  const { parts } = played(
    (task) => task > 13,
    (task) => task <= 13,
  );
  const config = configOf({ dynamicSamplingRounds: 2 });
  const collected = await collect(parts, config, source, start);
  expect(collected.played.scores.failures).toHaveLength(8);
  expect(collected.scores.failures).toEqual([]);
  const strict = collect(parts, { ...config, maxFailureShare: 0.4 }, source, start);
  await expect(strict).rejects.toThrow(RunStopped);
});
