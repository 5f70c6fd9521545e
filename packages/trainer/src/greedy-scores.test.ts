import { type Env, type EnvFactory, singleTurn, type Task } from '@grpo/envs';
import {
  characterTokenizerFiles,
  createChatFormat,
  type SampleOptions,
  type TrainablePolicy,
} from '@grpo/policy';
import { expect, test } from 'vitest';
import { greedyScores } from './greedy-scores.js';
import type { Rollout } from './types.js';

const chat = createChatFormat(
  characterTokenizerFiles({
    characters: '0123456789',
    tokens: ['<pad>', '<end>'],
    padToken: '<pad>',
    endToken: '<end>',
    chatTemplate: '{% for m in messages %}{{ m.content }}{% endfor %}',
  }),
);

/** Repeats the last token of its prompt, and remembers how it was asked. */
function parrot(asked: SampleOptions[]) {
  const sample = async (
    requests: readonly { readonly ids: readonly number[] }[],
    options: SampleOptions,
  ) => {
    asked.push(options);
    return requests.map(({ ids }) => ({
      ids: [ids[ids.length - 1]],
      logProbs: [0],
      stopReason: 'stop' as const,
    }));
  };
  return { sampler: () => ({ sample }) } as unknown as TrainablePolicy;
}
const taskOf = (id: string): Task => ({ id, messages: [{ role: 'user', content: id }], row: {} });
const rollout = (id: string, p: number): Rollout => ({
  task: taskOf(id),
  groupId: `${p}:${id}`,
  ids: [],
  mask: [],
  logProbs: [],
  turnRewards: [],
  episode: { messages: [], completion: '', row: {}, environmentReward: 0, end: 'terminated' },
});
const rewards = [
  { name: 'digit', fn: ({ completion }: { readonly completion: string }) => Number(completion) },
  { name: 'one', fn: () => 1, weight: 0.5 },
];
const config = { seed: 1, maxCompletionLength: 1, maxTurns: 1 };
const rollouts = [rollout('7', 0), rollout('3', 1), rollout('7', 0), rollout('3', 1)];

test('every completion gets the score of one greedy episode of its own task', async () => {
  const asked: SampleOptions[] = [];
  const parts = { policy: parrot(asked), chat, env: singleTurn(), rewards };
  expect(await greedyScores(parts, config, 0, rollouts)).toEqual([7.5, 3.5, 7.5, 3.5]);
  expect(asked).toHaveLength(1);
  expect(asked[0].temperature).toBe(0);
});

test('a greedy episode that fails leaves its group without a score', async () => {
  const sound = singleTurn();
  const env: EnvFactory = (task): Env =>
    task.id === '3'
      ? { ...sound(task), step: async () => Promise.reject(new Error('lost')) }
      : sound(task);
  const parts = { policy: parrot([]), chat, env, rewards };
  expect(await greedyScores(parts, config, 0, rollouts)).toEqual([
    7.5,
    Number.NaN,
    7.5,
    Number.NaN,
  ]);
});
